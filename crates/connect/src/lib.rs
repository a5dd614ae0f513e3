//! One module per outside system (request out, reply in) and the driver that performs

// Keyboard help for the console. Every page works without it.
(() => {
  "use strict";
  const box = document.getElementById("q");
  const keys = document.getElementById("keys");
  const opener = document.getElementById("keys-open");
  const rows = Array.from(document.querySelectorAll("[data-row]")).filter((row) => row.querySelector("a"));
  let awaiting = 0;

  // On a low window the rail scrolls; the entry of this page is in view.
  const here = document.querySelector(".rail a[aria-current]");
  if (here) here.scrollIntoView({ block: "nearest", inline: "nearest" });

  const showKeys = () => keys && !keys.open && keys.showModal();
  if (opener) {
    opener.hidden = false;
    opener.addEventListener("click", showKeys);
  }

  const isTyping = (target) => target instanceof HTMLElement
    && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));

  // The row that holds the focus is the current one, so Enter follows its link without our help.
  const move = (step) => {
    if (rows.length === 0) return;
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step));
    const link = rows[next].querySelector("a");
    link.focus({ preventScroll: true });
    rows[next].scrollIntoView({ block: "nearest" });
  };

  const go = (letter) => {
    const link = document.querySelector(`nav a[data-key="${CSS.escape(letter)}"]`);
    if (link) window.location.assign(link.href);
  };

  document.addEventListener("keydown", (press) => {
    if (press.ctrlKey || press.metaKey || press.altKey || press.defaultPrevented) return;
    if (isTyping(press.target)) {
      if (press.key === "Escape" && press.target === box) box.blur();
      return;
    }
    if (keys && keys.open) return;
    if (awaiting && Date.now() - awaiting < 1500) {
      awaiting = 0;
      press.preventDefault();
      go(press.key);
      return;
    }
    awaiting = 0;
    switch (press.key) {
      case "/":
        press.preventDefault();
        if (box) { box.focus(); box.select(); }
        break;
      case "j": move(1); break;
      case "k": move(-1); break;
      case "g": awaiting = Date.now(); break;
      case "?": press.preventDefault(); showKeys(); break;
      default: break;
    }
  });
})();

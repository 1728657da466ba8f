// What every page gains from script. Without it everything works; with it, less is clicked.
(function () {
  "use strict";

  // After a refused form the list of problems is read out first.
  var focus = document.querySelector("[data-focus]");
  if (focus) focus.focus();

  // A select that filters sends its form at once.
  document.querySelectorAll("form[data-submit-on-change]").forEach(function (form) {
    form.addEventListener("change", function (event) {
      if (event.target.tagName === "SELECT") form.requestSubmit();
    });
  });

  // The bar over a list says how many rows are ticked.
  document.querySelectorAll("form[data-selection]").forEach(function (form) {
    var boxes = form.querySelectorAll("input[name=task]");
    var count = form.querySelector("[data-selected-count]");
    var all = form.querySelector("[data-select-all]");
    function tell() {
      var ticked = Array.prototype.filter.call(boxes, function (box) { return box.checked; }).length;
      if (count) count.textContent = ticked === 0 ? "Select tasks" : ticked + " selected";
      if (all) all.checked = boxes.length > 0 && ticked === boxes.length;
    }
    if (all) {
      all.hidden = false;
      all.addEventListener("change", function () {
        boxes.forEach(function (box) { box.checked = all.checked; });
        tell();
      });
    }
    form.addEventListener("change", tell);
    tell();
  });

  // Typing narrows the rows of the page. What is typed is never sent: names do not belong into addresses.
  document.querySelectorAll("[data-find]").forEach(function (find) {
    find.hidden = false;
    find.addEventListener("input", function (event) {
      var words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
      document.querySelectorAll("tr.r").forEach(function (row) {
        var text = row.textContent.toLowerCase();
        row.hidden = !words.every(function (word) { return text.includes(word); });
      });
      document.querySelectorAll("tr.grp").forEach(function (group) {
        group.hidden = !group.parentElement.querySelector("tr.r:not([hidden])");
      });
    });
    find.addEventListener("keydown", function (event) { if (event.key === "Enter") event.preventDefault(); });
  });

  // The menu of a phone closes with Escape.
  document.addEventListener("keydown", function (event) {
    var menu = document.querySelector("details.menu[open]");
    if (event.key === "Escape" && menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
})();

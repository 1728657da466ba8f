// Draws a BPMN model into each element with data-diagram, and marks what is done and what is now.
//
// The facts are in the list beside the drawing; this is a second way to read them. The viewer is fetched only when the
// drawing comes near the screen.
//
//   <div class="dia" data-diagram="/processes/x/versions/1/model.bpmn" data-done="a b" data-now="c" data-now-text="Now"
//        data-problems='[{"element":"d","severity":"error","number":1}]' role="group" aria-label="..."></div>
(function () {
  "use strict";
  var viewerAddress = document.currentScript.dataset.viewer;
  var fetched;

  function viewer() {
    fetched = fetched || new Promise(function (resolve, reject) {
      var script = document.createElement("script");
      script.src = viewerAddress;
      script.onload = resolve;
      script.onerror = function () { reject(new Error("the viewer could not be fetched")); };
      document.head.appendChild(script);
    });
    return fetched;
  }

  function words(text) {
    return (text || "").split(" ").filter(Boolean);
  }

  function badge(kind, text, title) {
    var mark = document.createElement("span");
    mark.className = "ov ov--" + kind;
    mark.textContent = text;
    if (title) mark.title = title;
    return mark;
  }

  /** Marks the elements; names that the model does not have are passed over. */
  function mark(bpmn, box) {
    var canvas = bpmn.get("canvas"), overlays = bpmn.get("overlays"), registry = bpmn.get("elementRegistry");
    function each(ids, act) { ids.filter(function (id) { return registry.get(id); }).forEach(act); }
    each(words(box.dataset.done), function (id) { canvas.addMarker(id, "m-done"); });
    each(words(box.dataset.incident), function (id) {
      canvas.addMarker(id, "m-incident");
      overlays.add(id, { position: { top: -14, right: 26 }, html: badge("incident", "!", "needs help"), scale: { min: 0.85, max: 1.1 } });
    });
    each(words(box.dataset.now), function (id) {
      canvas.addMarker(id, "m-now");
      overlays.add(id, { position: { top: -30, left: -4 }, html: badge("now", box.dataset.nowText || "Now"), scale: { min: 0.85, max: 1.1 } });
    });
    JSON.parse(box.dataset.counts || "[]").forEach(function (count) {
      each([count.element], function (id) {
        overlays.add(id, { position: { top: -14, right: 26 }, html: badge(count.kind || "run", String(count.number), count.title), scale: { min: 0.85, max: 1.1 } });
      });
    });
    JSON.parse(box.dataset.problems || "[]").forEach(function (problem) {
      each([problem.element], function (id) {
        canvas.addMarker(id, "m-" + problem.severity);
        overlays.add(id, { position: { top: -14, right: 26 }, html: badge(problem.severity, String(problem.number)), scale: { min: 0.85, max: 1.1 } });
      });
    });
  }

  function fit(canvas) {
    canvas.zoom("fit-viewport", "auto");
    var box = canvas.viewbox(), margin = 16 / box.scale;
    // A box of the drawing's shape around the model, so that it sits in the middle.
    var width = box.inner.width + 2 * margin, height = box.inner.height + 2 * margin;
    var shape = box.outer.width / box.outer.height;
    if (width / height > shape) height = width / shape;
    else width = height * shape;
    canvas.viewbox({ x: box.inner.x + box.inner.width / 2 - width / 2, y: box.inner.y + box.inner.height / 2 - height / 2, width: width, height: height });
  }

  /** A large model is unreadable as a whole: then the current step is shown in its surroundings. */
  function frame(bpmn, box) {
    var canvas = bpmn.get("canvas");
    fit(canvas);
    var first = bpmn.get("elementRegistry").get(words(box.dataset.now)[0] || words(box.dataset.incident)[0] || words(box.dataset.start)[0]);
    if (canvas.zoom() >= 0.5 || !first) return;
    canvas.zoom(0.85, "auto");
    var view = canvas.viewbox();
    canvas.viewbox({ x: first.x + first.width / 2 - view.width / 2, y: first.y + first.height / 2 - view.height / 2, width: view.width, height: view.height });
  }

  /** Draws a way through the model: its flows are lit, its elements numbered in order. It takes the place of the one before. */
  function way(bpmn, ids) {
    var canvas = bpmn.get("canvas"), overlays = bpmn.get("overlays"), registry = bpmn.get("elementRegistry");
    (bpmn.way || []).forEach(function (id) { canvas.removeMarker(id, "m-way"); });
    overlays.remove({ type: "way" });
    var numbers = {}, step = 0;
    var drawn = bpmn.way = ids.filter(function (id) { return registry.get(id); });
    drawn.forEach(function (id) {
      canvas.addMarker(id, "m-way");
      if (registry.get(id).waypoints) return;
      (numbers[id] = numbers[id] || []).push(step += 1);
    });
    Object.keys(numbers).forEach(function (id) {
      var mark = badge("way", numbers[id].join(", "), "step " + numbers[id].join(", ") + " of the way");
      overlays.add(id, "way", { position: { top: -14, left: -10 }, html: mark, scale: { min: 0.85, max: 1.1 } });
    });
  }

  function buttons(bpmn, box) {
    var bar = box.parentElement.querySelector(".zoom");
    if (!bar) return;
    bar.hidden = false;
    bar.addEventListener("click", function (event) {
      var by = event.target.dataset.zoom, canvas = bpmn.get("canvas");
      if (by === "fit") fit(canvas);
      else if (by) canvas.zoom(canvas.zoom() * Number(by));
    });
    document.querySelectorAll("[data-show-element]").forEach(function (link) {
      link.addEventListener("click", function () {
        var element = bpmn.get("elementRegistry").get(link.dataset.showElement);
        if (!element) return;
        way(bpmn, JSON.parse(link.dataset.showPath || "[]"));
        bpmn.get("canvas").scrollToElement(element);
      });
    });
    var first = box.closest("section").querySelector("[data-show-path]");
    if (first) way(bpmn, JSON.parse(first.dataset.showPath));
  }

  function draw(box) {
    var font = getComputedStyle(document.body).fontFamily;
    Promise.all([viewer(), fetch(box.dataset.diagram, { credentials: "same-origin" })])
      .then(function (answers) {
        if (!answers[1].ok) throw new Error("the model could not be fetched");
        return answers[1].text();
      })
      .then(function (xml) {
        var bpmn = new window.BpmnJS({ container: box, textRenderer: {
          defaultStyle: { fontFamily: font, fontSize: "13px", lineHeight: 1.2 },
          externalStyle: { fontFamily: font, fontSize: "12px", lineHeight: 1.2 },
        } });
        return bpmn.importXML(xml).then(function () {
          mark(bpmn, box);
          frame(bpmn, box);
          buttons(bpmn, box);
          box.dataset.ready = "yes";
        });
      })
      .catch(function (problem) {
        box.textContent = "The diagram cannot be shown (" + problem.message + "). The list has the same facts.";
        box.classList.add("empty");
        box.dataset.ready = "no";
      });
  }

  var near = new IntersectionObserver(function (entries) {
    entries.filter(function (entry) { return entry.isIntersecting; }).forEach(function (entry) {
      near.unobserve(entry.target);
      draw(entry.target);
    });
  }, { rootMargin: "300px" });
  document.querySelectorAll("[data-diagram]").forEach(function (box) { near.observe(box); });
})();

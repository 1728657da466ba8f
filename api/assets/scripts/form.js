// Forms with script: the draft is saved as one types, questions show and hide at once, characters are counted.
// Without it everything works by the buttons. The server decides; what is shown here is only sooner.
(() => {
  "use strict";
  const form = document.querySelector("form[data-draft]");
  if (!form) return;
  const all = (selector) => [...form.querySelectorAll(selector)];
  const told = form.querySelector("[data-saved]");
  // Names the page and counts its saves: one sent on leaving may overtake, or follow, one still under way.
  const page = Math.random().toString(36).slice(2);
  let version = form.dataset.version, saves = 0;
  let since = told?.textContent.match(/\d\d:\d\d/)?.[0];
  let timer, waiting; // the next save; the button that was pressed while one was under way
  let changed = false, saving = false, over = false, pause = 2000;

  function tell(text, late) {
    if (!told) return;
    told.classList.toggle("is-late", late);
    const words = told.querySelector("span") ?? told;
    if (words.textContent !== text) words.textContent = text;
  }

  function later(delay) {
    clearTimeout(timer);
    if (!over) timer = setTimeout(save, delay);
  }

  async function save(leaving) {
    clearTimeout(timer);
    if (!changed || over || (saving && leaving !== true)) return;
    changed = false;
    saving = true;
    const body = new URLSearchParams(new FormData(form));
    // Browsers let go of at most 64 KB once a page is left.
    const keepalive = leaving === true && String(body).length < 60000;
    try {
      const headers = { "If-Match": version, "X-Draft-Save": `${page} ${++saves}`, Accept: "application/json" };
      const answer = await fetch(form.dataset.draft, { method: "POST", body, headers, keepalive });
      if (answer.status === 409) {
        over = true;
        tell((await answer.json()).message, true);
      } else if (!answer.ok || answer.redirected) {
        throw answer;
      } else {
        saved(await answer.json());
      }
    } catch (why) {
      changed = true;
      const out = why.redirected || why.status === 401 || why.status === 403;
      const when = since ? `Not saved since ${since}.` : "Not saved yet.";
      tell(`${when} ${out ? "Sign in again in another tab." : "We will keep trying."}`, true);
      later(pause = Math.min(pause * 2, 30000));
    }
    saving = false;
    if (waiting !== undefined) form.requestSubmit(waiting);
    else if (changed && pause === 2000) later(800);
  }

  function saved(answer) {
    if (answer.version < Number(version)) return;
    version = String(answer.version);
    if (form.elements.version) form.elements.version.value = version;
    pause = 2000;
    since = answer.savedAt.match(/\d\d:\d\d/)?.[0];
    tell(answer.savedAt, false);
    for (const [id, html] of Object.entries(answer.fragments ?? {})) swap(document.getElementById(id), html);
    show();
  }

  /** Puts new HTML in place of a field; what was typed into it meanwhile, focus and caret stay. */
  function swap(old, html) {
    if (!old) return;
    const fresh = document.createRange().createContextualFragment(html);
    for (const input of old.querySelectorAll("input:not([type=hidden]),textarea,select")) {
      const twin = input.id && fresh.getElementById(input.id);
      if (!twin) continue;
      twin.checked = input.checked;
      if (input.type !== "radio" && input.type !== "checkbox") twin.value = input.value;
    }
    const focus = old.contains(document.activeElement) && document.activeElement;
    const caret = focus && "selectionStart" in focus && [focus.selectionStart, focus.selectionEnd];
    old.replaceWith(fresh);
    const again = focus && document.getElementById(focus.id);
    again?.focus();
    if (again && caret && caret[0] !== null) again.setSelectionRange(...caret);
  }

  /** Questions that depend on one answer. */
  function show() {
    const data = new FormData(form);
    for (const field of all("[data-show-if]")) {
      const { k, eq, ne } = JSON.parse(field.dataset.showIf);
      const given = data.getAll(k);
      field.hidden = eq ? !given.some((text) => eq.includes(text)) : given.some((text) => ne.includes(text));
      field.classList.remove("closed");
    }
    for (const box of all("[class*=__conditional]")) {
      box.hidden = [...box.children].every((field) => field.hidden);
      box.classList.remove("closed");
    }
  }

  function count(area) {
    const line = document.getElementById(`${area.id}-count`);
    if (!line) return;
    const left = area.dataset.maxLength - [...area.value.trim()].length;
    const number = Math.abs(left).toLocaleString("en");
    line.textContent = `You have ${number} character${number === "1" ? "" : "s"} ${left < 0 ? "too many" : "remaining"}`;
  }

  form.addEventListener("input", ({ target }) => {
    changed = true;
    if (target.type === "checkbox" && target.checked) {
      // "None of these" and the others exclude each other.
      for (const box of all(`[type=checkbox][name="${CSS.escape(target.name)}"]`)) {
        const apart = "exclusive" in target.dataset || "exclusive" in box.dataset;
        if (box !== target && apart) box.checked = false;
      }
    }
    count(target);
    show();
    later(800);
  });
  // A button that is pressed right after typing sends the form itself, so it gets the first word.
  form.addEventListener("change", () => later(250));
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (saving) {
      event.preventDefault();
      waiting = event.submitter;
    } else {
      over = true;
    }
  });
  document.addEventListener("visibilitychange", () => document.hidden && save(true));
  addEventListener("pagehide", () => save(true));
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
  addEventListener("online", () => save());
  addEventListener("beforeunload", (event) => {
    if (changed && !over && told?.classList.contains("is-late")) event.preventDefault();
  });
  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
      event.preventDefault();
      changed = true;
      save();
    }
  });
  // The error summary leads into the field, not only to it.
  document.addEventListener("click", ({ target }) => {
    const link = target.closest?.(".govuk-error-summary a");
    const field = link && document.getElementById(link.hash.slice(1));
    if (field) setTimeout(() => field.focus());
  });
  show();
})();

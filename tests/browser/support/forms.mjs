// Filling in a form as a person does who answers what must be answered: by label, then whatever else is required.

/** The visible questions of the form, with those that an answer has revealed. */
function questions(page) {
  return page.locator('form .govuk-form-group[id^="field-"]:visible');
}

async function titleOf(question) {
  const title = question.locator('legend, label').first();
  return (await title.count()) > 0 ? (await title.innerText()).trim() : '';
}

/** What kind of question it is, and whether it has an answer. */
function look(question) {
  return question.evaluate((group) => {
    // A question may hold another one that an answer reveals; its controls are not ours.
    const isOurs = (control) => control.offsetParent !== null && control.closest('[id^="field-"]') === group;
    const controls = [...group.querySelectorAll('input:not([type=hidden]), select, textarea')].filter(isOurs);
    const optional = group.querySelector('legend .optional, label .optional') !== null;
    const choices = controls.filter((c) => c.type === 'radio' || c.type === 'checkbox');
    const texts = controls.filter((c) => !choices.includes(c));
    const kind = group.querySelector('.govuk-date-input') ? 'date' : choices.length && texts.length ? 'signature' : choices[0]?.type
      ?? (texts[0]?.tagName === 'SELECT' ? 'select' : texts[0] ? 'text' : 'none');
    const answered = choices.some((c) => c.checked) || texts.some((c) => c.value.trim() !== '');
    const numeric = texts[0]?.inputMode === 'numeric' || texts[0]?.inputMode === 'decimal' || texts[0]?.type === 'number';
    return { kind, optional, answered, numeric };
  });
}

async function put(question, kind, value) {
  if (kind === 'radio' || kind === 'checkbox') {
    for (const one of Array.isArray(value) ? value : [value]) {
      const option = one === undefined ? question.locator(`input[type=${kind}]`).first() : question.getByLabel(one, { exact: true }).first();
      await option.check();
    }
  } else if (kind === 'select') {
    await question.locator('select').selectOption(value === undefined ? { index: 1 } : { label: value });
  } else if (kind === 'date') {
    const parts = question.locator('input:visible');
    const typed = value ?? ['2', '3', '2026', '09:00'];
    for (let at = 0; at < (await parts.count()); at += 1) await parts.nth(at).fill(typed[at] ?? '');
  } else if (kind === 'signature') {
    await question.locator('input[type=checkbox]').check();
    await question.locator('input[type=text]').fill(value ?? 'Signed by hand');
  } else if (kind === 'text') {
    await question.locator('input:visible, textarea:visible').first().fill(value);
  }
}

/** Answers one question, found by the beginning of its label. */
export async function answer(page, label, value) {
  for (const question of await questions(page).all()) {
    if ((await titleOf(question)).startsWith(label)) {
      const { kind } = await look(question);
      await put(question, kind, value);
      return;
    }
  }
  throw new Error(`no question "${label}" on ${page.url()}`);
}

/** Answers each required question that has no answer yet, with the first option or a plain text. */
export async function answerTheRest(page) {
  for (const question of await questions(page).all()) {
    if (!(await question.isVisible())) continue;
    const { kind, optional, answered, numeric } = await look(question);
    if (optional || answered || kind === 'none') continue;
    await put(question, kind, kind === 'text' ? (numeric ? '3' : 'As told by the family on the day of the visit') : undefined);
  }
}

/** From an open form to the page that says what happens next. */
export async function fillAndComplete(page, answers = {}) {
  for (let attempt = 0; attempt < 4; attempt += 1) {
    for (const [label, value] of Object.entries(answers)) {
      if (attempt === 0) await answer(page, label, value);
    }
    await answerTheRest(page);
    await press(page, 'Check and complete');
    if (await page.getByRole('heading', { name: 'Check your answers' }).isVisible()) {
      await completeChecked(page);
      return;
    }
  }
  const errors = await page.locator('.govuk-error-summary').innerText().catch(() => '(no error summary)');
  throw new Error(`the form at ${page.url()} cannot be completed:\n${errors}`);
}

/** From "Check your answers" to the page that says what happens next. */
export async function completeChecked(page) {
  await press(page, 'Complete this step');
  await page.waitForURL(/\/tasks\/\d+\/done$/);
}

/** Presses a button that posts a form, and waits for the page that comes of it. */
export function press(page, name) {
  return posted(page, () => page.getByRole('button', { name }).click());
}

/** Does what posts a form, and waits for the page that comes of it. */
export async function posted(page, act) {
  const next = page.waitForEvent('domcontentloaded');
  await act();
  await next;
}

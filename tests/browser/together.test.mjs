// Two people, or one person in two windows, at the same task: the second is told, and keeps what was typed.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertAccessible, assertNoFaults, launch, person, pictured } from './support/browser.mjs';
import { answer, answerTheRest, completeChecked, posted, press } from './support/forms.mjs';
import { startReferral } from './support/pathway.mjs';
import { startDemo } from './support/server.mjs';

let demo;
let browser;

before(async () => {
  demo = await startDemo();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** The same person in a second window. */
async function secondWindow(page) {
  const other = await page.context().newPage();
  other.faults = page.faults;
  await other.goto(page.url());
  return other;
}

test('a task is claimed by the one who was first', pictured('claim', () => browser, async () => {
  const [grace, joseph] = await Promise.all(['grace', 'joseph'].map((name) => person(browser, demo.url, { name })));
  await Promise.all([grace.goto('/inbox/team'), joseph.goto('/inbox/team')]);
  const button = (page) => page.locator('button[name=claim]').first();
  const key = await button(grace).getAttribute('value');
  await posted(grace, () => button(grace).click());
  await posted(joseph, () => joseph.locator(`button[name=claim][value="${key}"]`).click());
  assert.match(await joseph.locator('main').innerText(), /Grace Auma claimed it just before you/);
  await assertAccessible(joseph, 'a claim that came too late');
  await grace.goto('/inbox');
  assert.equal(await grace.locator(`a[href="/tasks/${key}"]`).count() > 0, true);
  await joseph.goto('/inbox');
  assert.equal(await joseph.locator(`a[href="/tasks/${key}"]`).count(), 0);
}));

test('a task is completed once', pictured('twice', () => browser, async () => {
  const grace = await person(browser, demo.url, { name: 'grace' });
  await startReferral(grace, { name: 'Twice Told', age: '8', sex: 'Male' });
  await answerTheRest(grace);
  await press(grace, 'Check and complete');
  await grace.getByRole('heading', { name: 'Check your answers' }).waitFor();
  const other = await secondWindow(grace);
  await completeChecked(grace);
  await press(other, 'Complete this step');
  assert.match(await other.locator('main').innerText(), /complete already[^]*Nothing was sent a second time/);
  await assertAccessible(other, 'a task that was completed before');
  await grace.goto('/inbox');
  const consents = grace.locator('tr', { hasText: 'Twice Told' });
  assert.equal(await consents.count(), 1);
  assertNoFaults(grace);
}));

test('a draft that became stale keeps what was typed', pictured('stale', () => browser, async () => {
  // Without script the second window does not learn of the first by itself.
  const grace = await person(browser, demo.url, { name: 'grace', script: false });
  await startReferral(grace, { name: 'Stale Draft', age: '5', sex: 'Female' });
  const other = await secondWindow(grace);
  await answer(grace, 'District', 'Kampala');
  await press(grace, 'Save draft');
  await answer(other, 'District', 'Gulu');
  await answer(other, 'What happened?', 'This must not be lost.');
  const saved = other.waitForResponse((response) => response.request().method() === 'POST');
  await press(other, 'Save draft');
  assert.equal((await saved).status(), 409);
  const text = await other.locator('main').innerText();
  assert.match(text, /This must not be lost\./);
  assert.match(text, /Kampala/);
  await grace.reload();
  assert.equal(await grace.getByLabel('District').inputValue(), 'Kampala');
}));

// What each page keeps, whatever is on it: no violation of axe, no sideways scrolling on a phone, nothing that the content
// security policy refuses, and no more weight than the budget.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { assertAccessible, assertNoFaults, launch, person, pictured, signIn, weigh } from './support/browser.mjs';
import { answerTheRest, completeChecked, press } from './support/forms.mjs';
import { startReferral } from './support/pathway.mjs';
import { startDemo } from './support/server.mjs';

/** What a slow connection can bear: bytes over the wire (design budget, compressed). */
const budget = { coldView: 80 * 1024, repeatedView: 8 * 1024, css: 15 * 1024, js: 18 * 1024 };

/** What a designer uploads: a model that can go live, and one that cannot yet. */
const models = {
  'child-protection.bpmn': readFileSync(new URL('../../processes/pathways/child-protection/child-protection.bpmn', import.meta.url)),
  'unknown-element.bpmn': `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t">
    <process id="p"><startEvent id="s"/><receiveTask id="r" name="Wait for the court"/><sequenceFlow id="f" sourceRef="s" targetRef="r"/></process>
  </definitions>`,
};

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

const sign = (name) => person(browser, demo.url, { name });

async function checkAll(page, addresses) {
  for (const address of addresses) {
    const answer = await page.goto(address);
    assert.ok(answer.status() < 400, `${address} answers ${answer.status()}`);
    await assertAccessible(page, address);
  }
  assertNoFaults(page);
}

test('pages before sign-in and pages that do not exist', pictured('signed-out', () => browser, async () => {
  const page = await person(browser, demo.url);
  await page.goto('/signin');
  await assertAccessible(page, 'sign-in');
  await page.getByLabel('Name', { exact: true }).fill('grace');
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: /sign in/i }).click();
  await assertAccessible(page, 'sign-in with an error');
  await signIn(page, 'grace');
  await page.goto('/nowhere');
  await assertAccessible(page, 'not found');
  await page.goto('/team');
  await assertAccessible(page, 'not allowed');
  assertNoFaults(page);
}));

test('pages of a caseworker', pictured('caseworker', () => browser, async () => {
  const grace = await sign('grace');
  await checkAll(grace, ['/inbox', '/inbox/team', '/referrals/new', '/cases']);
  await grace.goto('/cases');
  await grace.locator('a[href^="/cases/"]').first().click();
  await assertAccessible(grace, 'case');
  await grace.getByRole('img', { name: /diagram/i }).or(grace.locator('[data-diagram] svg')).first().waitFor();
  assertNoFaults(grace);
}));

test('pages of a task: form, errors, check, done', pictured('task', () => browser, async () => {
  const grace = await sign('grace');
  await startReferral(grace, { name: 'Nambi Grace', age: '9', sex: 'Female' });
  await assertAccessible(grace, 'task');
  await press(grace, 'Check and complete');
  await grace.locator('.govuk-error-summary').waitFor();
  await assertAccessible(grace, 'task with errors');
  await answerTheRest(grace);
  await press(grace, 'Check and complete');
  await grace.getByRole('heading', { name: 'Check your answers' }).waitFor();
  await assertAccessible(grace, 'check your answers');
  await completeChecked(grace);
  await assertAccessible(grace, 'task done');
  assertNoFaults(grace);
}));

test('pages of a supervisor and of a designer', pictured('supervisor', () => browser, async () => {
  await checkAll(await sign('ruth'), ['/team', '/inbox', '/inbox/team', '/cases']);
  const daniel = await sign('daniel');
  await checkAll(daniel, ['/processes']);
  await daniel.locator('main a[href^="/processes/"]').first().click();
  await assertAccessible(daniel, 'process');
  assertNoFaults(daniel);
}));

test('calendars: what is deployed, what a version changes, and the working days of a case', pictured('calendars', () => browser, async () => {
  const amina = await sign('admin');
  await checkAll(amina, ['/admin/calendars']);
  await press(amina, 'Take Uganda, public offices');
  await amina.getByRole('heading', { name: 'What the calendar changes' }).waitFor();
  await press(amina, 'Go live');
  await amina.getByRole('link', { name: 'Uganda, public offices' }).click();
  await assertAccessible(amina, 'calendar');
  await amina.getByLabel('The whole organisation').check();
  await press(amina, 'See what that changes');
  await assertAccessible(amina, 'report of a calendar for others');
  await press(amina, 'Go live');
  const uganda = JSON.parse(readFileSync(new URL('../../processes/calendars/uganda.calendar', import.meta.url)));
  uganda.for = { organisation: true };
  uganda.holidays.push({ date: '2026-03-03', name: 'Day of mourning' });
  const file = { name: 'uganda.calendar', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(uganda)) };
  await amina.locator('input[type=file]').setInputFiles(file);
  await press(amina, 'Upload and check');
  await amina.getByText('Tue 3 March 2026: Day of mourning').waitFor();
  await assertAccessible(amina, 'report of a new version');
  await press(amina, 'Go live');
  await amina.waitForURL('**/admin/calendars');
  await assertAccessible(amina, 'calendars');
  assertNoFaults(amina);
  const ruth = await sign('ruth');
  await ruth.goto('/cases');
  await ruth.locator('main a[href^="/cases/"]').first().click();
  await ruth.getByRole('link', { name: 'Change the working days of the case' }).click();
  await assertAccessible(ruth, 'working days of a case');
  await press(ruth, 'Count by these days');
  await ruth.locator('.govuk-error-summary').waitFor();
  await assertAccessible(ruth, 'working days of a case, without a reason');
  assertNoFaults(ruth);
}));

test('an upload with its report, and a step that is somebody else\'s', pictured('report', () => browser, async () => {
  const daniel = await sign('daniel');
  for (const model of ['child-protection.bpmn', 'unknown-element.bpmn']) {
    await daniel.goto('/processes');
    const file = { name: model, mimeType: 'application/xml', buffer: Buffer.from(models[model]) };
    await daniel.locator('input[type=file]').setInputFiles(file);
    await press(daniel, 'Upload and check');
    await daniel.waitForURL((address) => address.pathname !== '/processes');
    await assertAccessible(daniel, `report of ${model}`);
    if (model === 'child-protection.bpmn') {
      await daniel.locator('[data-ready="yes"]').waitFor();
      assert.ok(await daniel.locator('.ov--way').count() > 5, 'the way to what is not sound is drawn in numbered steps');
    }
  }
  assert.match(await daniel.locator('main').innerText(), /does not say which message it means/);
  assertNoFaults(daniel);
  const ruth = await sign('ruth');
  await ruth.goto('/team');
  const theirs = ruth.locator('tr', { hasText: 'Joseph Okello' }).first();
  await theirs.locator('a.step').first().click();
  await ruth.waitForURL(/\/tasks\//);
  await assertAccessible(ruth, 'step of somebody else');
  assertNoFaults(ruth);
}));

test('pages are as light as the budget says', pictured('weight', () => browser, async (t) => {
  const page = await person(browser, demo.url);
  await signIn(page, 'grace');
  const fresh = await person(browser, demo.url);
  await fresh.context().addCookies(await page.context().cookies());
  const cold = await weigh(fresh, () => fresh.goto('/inbox'));
  const repeated = await weigh(fresh, () => fresh.goto('/inbox/team'));
  await fresh.goto('/inbox');
  const task = await weigh(fresh, () => fresh.locator('a.step').first().click());
  for (const [name, weight] of Object.entries({ 'inbox, cold': cold, 'team queue, repeated': repeated, task })) {
    t.diagnostic(`${name}: ${JSON.stringify(weight)}`);
  }
  assert.ok(cold.all <= budget.coldView, `the first view takes ${cold.all} bytes`);
  assert.ok(cold.css <= budget.css, `style sheets take ${cold.css} bytes`);
  assert.ok(cold.js + task.js <= budget.js, `scripts take ${cold.js + task.js} bytes`);
  assert.ok(repeated.all <= budget.repeatedView, `a repeated view takes ${repeated.all} bytes`);
}));

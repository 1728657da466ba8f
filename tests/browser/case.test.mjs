// One case from referral to closure, as the people of the demonstration organisation live it: interrupted, approved,
// reviewed after months, closed, and looked at once more.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertNoFaults, launch, person, pictured, step } from './support/browser.mjs';
import { answer, answerTheRest, fillAndComplete, press } from './support/forms.mjs';
import { claim, openTask, startReferral } from './support/pathway.mjs';
import { startDemo } from './support/server.mjs';

const child = 'Achola Nabirye';
const no = 'No';
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

test('a child is registered, helped, reviewed, and the case is closed', pictured('case', () => browser, async () => {
  let grace = await sign('grace');
  let reference;

  await step('a caseworker starts a referral and types a draft', async () => {
    await startReferral(grace, { name: child, age: '7', sex: 'Female' });
    reference = (await grace.locator('body').innerText()).match(/CP-\d{4}-\d{4}/)[0];
    const saved = grace.waitForResponse((response) => response.url().endsWith('/draft') && response.ok());
    await answer(grace, 'District', 'Kampala');
    await saved;
    // The last words are typed a moment before somebody knocks at the door.
    await answer(grace, 'What happened?', 'The teacher saw bruises on her arm twice this month.');
    await grace.goto('/inbox');
    assertNoFaults(grace);
  });

  await step('interrupted, signed in again, she goes on where she was', async () => {
    await grace.context().close();
    grace = await sign('grace');
    await openTask(grace, child, 'Register the child');
    assert.equal(await grace.getByLabel('District').inputValue(), 'Kampala');
    assert.match(await grace.getByLabel('What happened?').inputValue(), /bruises on her arm twice/);
    await fillAndComplete(grace, { 'Protection concerns': ['Physical abuse'] });
  });

  await step('consent, risk and first contact follow', async () => {
    await openTask(grace, child, 'Record consent');
    await fillAndComplete(grace, { 'Who gave consent?': 'Caregiver', 'Information may be shared with': ['Health', 'Police'] });
    await openTask(grace, child, 'Screen the risk');
    await fillAndComplete(grace, {
      'Life-threatening': no, 'Sexual assault': no, 'Can the alleged': no, 'Is the child without': 'Yes', 'Was there an earlier': no,
    });
    await openTask(grace, child, 'Decide the risk level');
    assert.match(await grace.locator('#task-form').innerText(), /medium/i);
    await fillAndComplete(grace, { 'Risk level': 'Medium' });
    await openTask(grace, child, 'Make a referral');
    await fillAndComplete(grace, { Response: 'Accepted' });
    await openTask(grace, child, 'See the child');
    await fillAndComplete(grace, { 'Is the child safe tonight?': 'Yes' });
    await openTask(grace, child, 'Assess the child');
    await fillAndComplete(grace, { 'Risk level confirmed': 'Medium' });
    assertNoFaults(grace);
  });

  await step('the supervisor approves the assessment and the plan', async () => {
    const ruth = await sign('ruth');
    await claim(ruth, child, 'Review the assessment');
    await fillAndComplete(ruth, { 'Your decision': 'Approve' });
    await openTask(grace, child, 'Make the case plan');
    await fillAndComplete(grace, { 'Follow up every': '2 weeks' });
    await claim(ruth, child, 'Approve the case plan');
    await fillAndComplete(ruth, { 'Your decision': 'Approve' });
    assertNoFaults(ruth);
    await ruth.context().close();
  });

  await step('after two weeks she visits, after two months the case is reviewed', async () => {
    await demo.advance('P14D');
    await openTask(grace, child, 'Follow up with the child');
    await fillAndComplete(grace, { 'Was the child seen?': 'Yes', 'Is there a new incident?': no });
    await demo.restart();
    await demo.advance('P50D');
    grace = await sign('grace');
    await openTask(grace, child, 'Review the case');
    await fillAndComplete(grace, { 'Risk level now': 'Low', Decision: 'Close' });
    await openTask(grace, child, 'Propose the closure');
    await fillAndComplete(grace, { Reason: 'Goals achieved', 'Risk at the end': 'Low' });
  });

  await step('the supervisor approves the closure', async () => {
    const ruth = await sign('ruth');
    await claim(ruth, child, 'Approve the closure', 'Closure');
    await fillAndComplete(ruth, { 'Your decision': 'Approve the closure' });
    await ruth.context().close();
  });

  await step('three months later somebody looks again, and the case is closed', async () => {
    await demo.advance('P4M');
    await openTask(grace, child, 'Check after closure');
    await fillAndComplete(grace, { 'Should the case be opened again?': no });
    await grace.goto(`/cases/${reference}`);
    const page = await grace.locator('body').innerText();
    assert.match(page, /closed/i);
    for (const step of ['Register the child', 'Approve the closure', 'Check after closure']) assert.ok(page.includes(step), step);
    assertNoFaults(grace);
  });
}));

test('without script a case is registered and consent recorded', pictured('no-script', () => browser, async () => {
  const helen = await person(browser, demo.url, { name: 'helen', script: false });
  await startReferral(helen, { name: 'Okot Lamula', age: '4', sex: 'Male' });
  await answer(helen, 'District', 'Gulu');
  await press(helen, 'Save draft');
  assert.equal(await helen.getByLabel('District').inputValue(), 'Gulu');
  await answerTheRest(helen);
  await fillAndComplete(helen);
  await openTask(helen, 'Okot Lamula', 'Record consent');
  await fillAndComplete(helen, { 'Who gave consent?': 'Caregiver' });
  await openTask(helen, 'Okot Lamula', 'Screen the risk');
}));

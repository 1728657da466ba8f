// Moving through the pages: starting a referral, finding a task in the inbox, claiming one from the team queue.

import { posted, press } from './forms.mjs';

/** From "Start a referral" to the open first task. */
export async function startReferral(page, { name, age, sex }) {
  await page.goto('/referrals/new');
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('or age in years').fill(age);
  await press(page, 'Look for this person');
  const isNew = page.locator('#person-new');
  if (await isNew.count()) await isNew.check();
  await page.getByLabel('Sex').selectOption(sex);
  await page.getByRole('button', { name: 'Start the referral' }).click();
  await page.waitForURL(/\/tasks\/\d+/);
}

function rowOf(page, person, step) {
  const steps = page.locator('a.step').filter({ hasText: new RegExp(`^${step}$`) });
  return page.locator('tr', { hasText: person }).filter({ has: steps });
}

/** Opens one of my tasks from the inbox. */
export async function openTask(page, person, step) {
  await page.goto('/inbox');
  await rowOf(page, person, step).locator('a.step').first().click();
  await page.waitForURL(/\/tasks\/\d+/);
}

/** Takes a task from the team queue and opens it; where the queue is long, among those of a stage. */
export async function claim(page, person, step, stage = '') {
  await page.goto(`/inbox/team?stage=${stage}`);
  await posted(page, () => rowOf(page, person, step).getByRole('button', { name: /^Claim/ }).click());
  await openTask(page, person, step);
}

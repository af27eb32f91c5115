/** Pages of a few nights and a log, made once for each file of tests, and opened one by one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { ftpGuide } from '../../../verdict/log/testing/transcripts.js';
import { writeHtmlReport } from '../write.js';
import { openBrowser, openPage, type OpenOptions, type WatchedPage } from './browser.js';
import { hostile } from './hostile.js';
import { night, writeEvents, type NightOptions } from './night.js';
import { poisoned } from './poison.js';

const nights = {
  good: { trials: 12 },
  bad: { trials: 60, bricks: [40, 50], spoilt: 20, sequences: 15 },
  // Every text in it that anybody could choose is hostile as well.
  hostile: { trials: 6, bricks: [0, 60], spoilt: 2, sequences: 3, says: ['\r\nwhat nobody understands\r\n'] },
} as const satisfies Readonly<Record<string, NightOptions>>;
export type Name = keyof typeof nights | 'log';

/** Makes the pages before the tests of a file, and closes what they open. */
export function usePages(...names: readonly Name[]): (name: Name, options?: OpenOptions) => Promise<WatchedPage> {
  let folder: string;
  let browser: Browser | undefined;
  let open: WatchedPage[] = [];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'page-test-'));
    for (const name of names) writeHtmlReport(writeEvidence(folder, name), join(folder, `${name}.html`));
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    for (const { page } of open) await page.context().close();
    open = [];
  });
  return async (name, options = {}) => {
    if (browser === undefined) throw new Error('there is no browser');
    const shown = await openPage(browser, join(folder, `${name}.html`), options);
    open.push(shown);
    return shown;
  };
}

function writeEvidence(folder: string, name: Name): string {
  const file = join(folder, name);
  if (name === 'log') writeFileSync(file, ftpGuide);
  else writeEvents(file, name === 'hostile' ? poisoned(night(nights[name]), hostile) : night(nights[name]));
  return file;
}

/** Runs an expression in the page; as text, since the tests themselves know no browser's types. */
export const run = <T>(page: Page, expression: string): Promise<T> => page.evaluate<T>(expression);

/** Two frames on, what was changed stands on the screen. */
export const drawn = (page: Page): Promise<boolean> =>
  run(page, 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))');

/** Opens an upgrade's view by its address. */
export async function goToUpgrade(page: Page, upgrade: number): Promise<void> {
  await run(page, `location.hash = '#/upgrade/${String(upgrade)}'`);
  await page.waitForSelector('main.upgrade .timeline svg');
}

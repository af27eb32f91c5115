/**
 * The pictures of docs/images, from nights that nobody has to spend: `npm run docs:images`. Needs Chromium.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { openBrowser, openPage, type OpenOptions } from '../../harness/report/html/testing/browser.js';
import { writeNight, type NightOptions } from '../../harness/report/html/testing/night.js';
import { writeHtmlReport } from '../../harness/report/html/write.js';

const nights: Readonly<Record<string, NightOptions>> = {
  good: { trials: 200, sequences: 30 },
  bad: { trials: 200, bricks: [40, 44], spoilt: 40, sequences: 30 },
};

interface Picture extends OpenOptions {
  readonly night: string;
  /** Follows the link to a trial that the first screen offers. */
  readonly trial?: boolean;
}

const pictures: Readonly<Record<string, Picture>> = {
  'good-night': { night: 'good', width: 1280, height: 880 },
  'bad-night': { night: 'bad', width: 1280, height: 1065 },
  'bad-night-dark': { night: 'bad', width: 1280, height: 1065, dark: true },
  'bad-night-phone': { night: 'bad', width: 390, height: 1095 },
  trial: { night: 'bad', width: 1280, height: 1190, trial: true },
};

/** Bytes; a repository keeps each version of a picture for ever. */
const largest = 250_000;

async function main(): Promise<void> {
  const out = join(__dirname, '..', '..', 'docs', 'images');
  mkdirSync(out, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), 'docs-images-'));
  const browser = await openBrowser();
  try {
    for (const [name, options] of Object.entries(nights)) {
      writeNight(join(folder, 'journal.jsonl'), options);
      writeHtmlReport(join(folder, 'journal.jsonl'), join(folder, `${name}.html`));
    }
    for (const [name, picture] of Object.entries(pictures)) {
      const file = join(out, `${name}.png`);
      await take(browser, join(folder, `${picture.night}.html`), file, picture);
      const { size } = statSync(file);
      process.stdout.write(`docs/images/${name}.png ${String(Math.ceil(size / 1000))} kB\n`);
      if (size > largest) throw new Error(`${file} has more than ${String(largest)} bytes: take less of the page`);
    }
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function take(browser: Browser, html: string, file: string, { trial = false, ...options }: Picture): Promise<void> {
  const { page } = await openPage(browser, html, options);
  if (trial) {
    await page.getByRole('link', { name: /^See trial/ }).click();
    await page.waitForSelector('.timeline svg');
  }
  await page.evaluate('document.fonts.ready.then(() => true)');
  await page.screenshot({ path: file, animations: 'disabled', caret: 'hide' });
  await page.context().close();
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});

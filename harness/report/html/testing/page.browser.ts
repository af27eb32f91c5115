/** The evidence page in a real Chromium: `npm run test:browser`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { ftpGuide } from '../../../verdict/log/testing/transcripts.js';
import { writeHtmlReport } from '../write.js';
import { openBrowser, openPage, type WatchedPage } from './browser.js';
import { hostile } from './hostile.js';
import { writeNight, type NightOptions } from './night.js';

jest.setTimeout(300_000);

let folder: string;
let browser: Browser;
const nights: Readonly<Record<string, NightOptions>> = {
  good: { trials: 20 },
  bad: { trials: 60, bricks: [40, 50], spoilt: 20, sequences: 15 },
  hostile: { trials: 3, bricks: [0, 100], rig: hostile, packageName: hostile, says: [`${hostile}\r\n`] },
};
const pages = [...Object.keys(nights), 'log'];
const fileOf = (name: string): string => join(folder, `${name}.html`);
let open: WatchedPage[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'page-test-'));
  for (const [name, options] of Object.entries(nights)) {
    writeNight(join(folder, `${name}.jsonl`), options);
    writeHtmlReport(join(folder, `${name}.jsonl`), fileOf(name));
  }
  writeFileSync(join(folder, 'log.txt'), ftpGuide);
  writeHtmlReport(join(folder, 'log.txt'), fileOf('log'));
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

async function show(name: string, options: Parameters<typeof openPage>[2] = {}): Promise<WatchedPage> {
  const shown = await openPage(browser, fileOf(name), options);
  open.push(shown);
  return shown;
}

const rowsOf = (page: Page, table: string) => page.locator(`#${table} tbody tr`);

describe.each(pages)('page of a %s', (name) => {
  test('loads without a complaint, and asks nobody for anything', async () => {
    const { page, complaints, requests } = await show(name);
    const link = page.locator('a[href^="#/upgrade/"]').first();
    if ((await link.count()) > 0) {
      await link.click();
      await page.waitForSelector('.timeline svg');
    }
    expect({ complaints, requests }).toEqual({ complaints: [], requests: [] });
  });

  test.each([360, 768, 1440])('nothing makes it scroll sideways at %i px', async (width) => {
    const { page } = await show(name, { width, height: 800 });
    const overflow = () => run<number>(page, 'document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect(await overflow()).toBe(0);
    await run(page, `location.hash = '#/upgrade/0'`);
    await page.waitForSelector('.timeline svg');
    expect(await overflow()).toBe(0);
  });

  test.each([false, true])('passes the accessibility check (dark: %s)', async (dark) => {
    const { page } = await show(name, { dark });
    expect(await accessibilityProblems(page)).toEqual([]);
    await run(page, `location.hash = '#/upgrade/0'`);
    await page.waitForSelector('.timeline svg');
    expect(await accessibilityProblems(page)).toEqual([]);
  });
});

/** Runs an expression in the page; as text, since the tests themselves know no browser's types. */
const run = <T>(page: Page, expression: string): Promise<T> => page.evaluate<T>(expression);

/** Two frames on, what was changed stands on the screen. */
const drawn = (page: Page): Promise<boolean> =>
  run(page, 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))');

const standards = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'];

async function accessibilityProblems(page: Page): Promise<string[]> {
  await run(page, axe.source);
  const { violations } = await run<axe.AxeResults>(page, `axe.run(document, { runOnly: ${JSON.stringify(standards)} })`);
  return violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes
        .map(({ html }) => html.slice(0, 160))
        .slice(0, 3)
        .join(' | ')}`,
  );
}

describe('the first screen of a bad night', () => {
  test('says without scrolling that it failed, which window bricks, on what, and whose fault', async () => {
    const { page } = await show('bad');
    await expectInView(page, page.getByRole('heading', { level: 1, name: 'Failed' }));
    await expectInView(page, page.getByText(/power cuts from 4\d % to (?:4\d|50) % of the flashing brick the module/).first());
    await expectInView(page, page.getByText('EC25EFAR06A12M4G').first());
    await expectInView(page, page.getByText(/\d+ of 57 cuts survived: failure rate < /).first());
    await expectInView(page, page.getByText('the module did not come back to normal mode').first());
  });

  test('a failing trial is two clicks away at most, from the words and from the map', async () => {
    const { page } = await show('bad');
    await page.getByRole('link', { name: /^See trial/ }).click();
    await expectFailure(page);
    await page.getByRole('link', { name: 'All results' }).click();
    await page.locator('.cut-map a[href^="#/upgrade/"]').first().click();
    await expectFailure(page);
  });

  test('the window stands on the map, over every cut that failed', async () => {
    const { page } = await show('bad');
    const window = await box(page, '.cut-map .windows .sure');
    const failed = page.locator('.cut-map .row.fail .dot');
    expect(await failed.count()).toBeGreaterThan(2);
    for (const mark of await failed.all()) {
      const { x = 0, width = 0 } = (await mark.boundingBox()) ?? {};
      expect(x + width / 2).toBeGreaterThanOrEqual(window.x);
      expect(x + width / 2).toBeLessThanOrEqual(window.x + window.width);
    }
  });
});

async function expectInView(page: Page, what: ReturnType<Page['locator']>): Promise<void> {
  const { y = -1, height = 0 } = (await what.boundingBox()) ?? {};
  expect(y).toBeGreaterThanOrEqual(0);
  expect(y + height).toBeLessThanOrEqual(page.viewportSize()?.height ?? 0);
}

async function expectFailure(page: Page): Promise<void> {
  await page.waitForSelector('main.upgrade .timeline svg');
  expect(await page.locator('main.upgrade .lead').innerText()).toMatch(/fails ended as unresponsive/);
  expect(await page.locator('.finding').count()).toBeGreaterThan(0);
}

async function box(page: Page, selector: string): Promise<{ x: number; y: number; width: number; height: number }> {
  const found = await page.locator(selector).first().boundingBox();
  if (found === null) throw new Error(`nothing is drawn for ${selector}`);
  return found;
}

describe('tables', () => {
  test('a filter, a search and both together narrow it down, and say how far', async () => {
    const { page } = await show('bad');
    const count = page.locator('#trials .count');
    expect(await count.innerText()).toBe('60 of 60');
    await page
      .locator('#trials')
      .getByRole('button', { name: /^failed/ })
      .click();
    const failed = await rowsOf(page, 'trials').count();
    expect(failed).toBeGreaterThan(2);
    expect(failed).toBeLessThan(30);
    for (const row of await rowsOf(page, 'trials').all()) expect(await row.innerText()).toContain('normal.reached');
    const [first = ''] = (await rowsOf(page, 'trials').first().locator('td').nth(1).innerText()).split('\n');
    await page.locator('#trials').getByRole('searchbox').fill(first);
    await drawn(page);
    expect(await rowsOf(page, 'trials').allInnerTexts()).toEqual([expect.stringContaining(first)]);
    await page.locator('#trials').getByRole('searchbox').fill('no such thing');
    await drawn(page);
    expect(await page.locator('#trials .empty').innerText()).toBe('Nothing here with these filters.');
  });

  test('are as they were when the reader comes back from an upgrade', async () => {
    const { page } = await show('bad');
    await page
      .locator('#trials')
      .getByRole('button', { name: /^failed/ })
      .click();
    const before = await page.locator('#trials .count').innerText();
    const height = await run<number>(page, 'scrollY');
    await rowsOf(page, 'trials').first().getByRole('link').click();
    await page.waitForSelector('main.upgrade');
    await page.goBack();
    expect(await page.locator('#trials .count').innerText()).toBe(before);
    expect(Math.abs((await run<number>(page, 'scrollY')) - height)).toBeLessThan(200);
  });

  test('are sorted by a heading, up and down', async () => {
    const { page } = await show('bad');
    const asked = async (): Promise<number[]> => {
      const texts = await rowsOf(page, 'trials').locator('td:nth-child(3)').allInnerTexts();
      return texts.filter((text) => /^\d+ %/.test(text)).map((text) => parseInt(text, 10));
    };
    const heading = page.locator('#trials th').filter({ hasText: 'asked' });
    await heading.getByRole('button').click();
    await drawn(page);
    const up = await asked();
    expect(up).toEqual([...up].sort((a, b) => a - b));
    expect(await heading.getAttribute('aria-sort')).toBe('ascending');
    await heading.getByRole('button').click();
    await drawn(page);
    const down = await asked();
    expect(down).toEqual([...down].sort((a, b) => b - a));
  });

  test('a mark of the map lists its cuts', async () => {
    const { page } = await show('bad');
    await page.locator('.cut-map .row.pass .clickable').first().click();
    await drawn(page);
    expect(await page.locator('#trials .count').innerText()).toMatch(/^\d+ of 60 · only survived at/);
    await page.getByRole('button', { name: 'show all' }).click();
    await drawn(page);
    expect(await page.locator('#trials .count').innerText()).toBe('60 of 60');
  });

  test('a requirement that nothing covers says so', async () => {
    const { page } = await show('bad');
    await page
      .locator('#requirement-table')
      .getByRole('button', { name: /^not covered/ })
      .click();
    const rows = await rowsOf(page, 'requirement-table').allInnerTexts();
    expect(rows.length).toBeGreaterThan(3);
    for (const row of rows) expect(row).toContain('NOT COVERED');
  });
});

describe('a timeline', () => {
  const first = '#/upgrade/0';

  test('is zoomed by buttons and keys, and its events are read one by one', async () => {
    const { page } = await show('bad', { hash: first });
    await page.waitForSelector('.timeline svg');
    const ticks = (): Promise<string[]> => page.locator('.timeline .axis text').allTextContents();
    const whole = await ticks();
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await drawn(page);
    expect(await ticks()).not.toEqual(whole);
    await page.locator('.timeline svg').focus();
    await page.keyboard.press('0');
    await drawn(page);
    expect(await ticks()).toEqual(whole);
    await page.keyboard.press('n');
    await drawn(page);
    const one = await page.locator('.timeline .readout').innerText();
    await page.keyboard.press('n');
    await drawn(page);
    expect(await page.locator('.timeline .readout').innerText()).not.toBe(one);
    expect(one).toMatch(/^\+0\.000 s · upgrade begins/);
  });

  test('an event that is clicked is read in full, and has the same line in the list', async () => {
    const { page } = await show('bad', { hash: first });
    await page.locator('.timeline svg').scrollIntoViewIfNeeded();
    const mark = await box(page, '.timeline .lane.power .event.cut .bar');
    await page.mouse.click(mark.x + mark.width / 2, mark.y + mark.height / 2);
    await drawn(page);
    const told = await page.locator('.timeline .readout').innerText();
    expect(told).toMatch(/supply off: .*\/1 at |VBUS off: .*\/1 at /);
    const number = /#\d+/.exec(told)?.[0] ?? 'none';
    await page.locator('section[aria-labelledby="events"]').getByRole('searchbox').fill('off');
    expect((await page.locator('section[aria-labelledby="events"] tbody').innerText()).includes(number)).toBe(true);
  });

  test('has a lane for each kind of thing', async () => {
    const { page } = await show('bad', { hash: first });
    await page.waitForSelector('.timeline svg');
    expect(await page.locator('.timeline .lane-title').allTextContents()).toEqual([
      'Reports and percentages',
      'AT dialogue',
      'USB presence',
      'Supply, PWRKEY, STATUS',
      'Server transfers',
      'Harness',
    ]);
    expect(await page.locator('.timeline .level-name').allTextContents()).toEqual(
      expect.arrayContaining(['line at', 'supply', 'VBUS', 'STATUS']),
    );
  });
});

test('what a module says stays text', async () => {
  const { page, complaints } = await show('hostile');
  expect(await page.locator('img, script[src], iframe, object, embed').count()).toBe(0);
  const text = await page.locator('body').innerText();
  expect(text).toContain('<img src=x onerror=alert(1)>');
  expect(text).toContain('\\u202egpj.exe');
  expect(text).toContain('\\ud800');
  expect(text).not.toMatch(/[\u202a-\u202e\u0000-\u0008]/);
  await page.getByRole('link', { name: /^see /i }).first().click();
  await page.waitForSelector('.timeline svg');
  expect(await page.locator('body').innerText()).toContain('</script><script>alert(2)</script>');
  expect(await page.locator('img').count()).toBe(0);
  expect(complaints).toEqual([]);
});

test('a script that got in all the same would not be run: the policy holds', async () => {
  const { page, complaints } = await show('good');
  const ran = await run<boolean>(
    page,
    `(() => {
      try {
        const script = document.createElement('script');
        script.text = 'window.ran = true';
        document.body.append(script);
        document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.ran = true">');
      } catch {
        // Trusted types refuse it outright.
      }
      return window.ran === true;
    })()`,
  );
  expect(ran).toBe(false);
  expect(complaints.join('\n')).toMatch(/Content Security Policy|TrustedScript|TrustedHTML/i);
});

test('by keyboard alone: over the skip link to a failing trial, and its heading has the focus', async () => {
  const { page } = await show('bad');
  await page.keyboard.press('Tab');
  expect(await run<string>(page, 'document.activeElement.textContent.trim()')).toBe('Skip to the content');
  const focused = (): Promise<string> => run(page, `document.activeElement.getAttribute('href') ?? ''`);
  for (let presses = 0; presses < 60 && !(await focused()).startsWith('#/upgrade/'); presses += 1)
    await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expectFailure(page);
  expect(await run<string>(page, 'document.activeElement.tagName')).toBe('H1');
});

test('the dark scheme is dark, the light one light, and print is always light', async () => {
  const ground = async (page: Page): Promise<number> => {
    const colour = await run<string>(page, 'getComputedStyle(document.body).backgroundColor');
    const [red = 0, green = 0, blue = 0] = (colour.match(/\d+/g) ?? []).map(Number);
    return (red + green + blue) / 3;
  };
  expect(await ground((await show('bad')).page)).toBeGreaterThan(240);
  const { page } = await show('bad', { dark: true });
  expect(await ground(page)).toBeLessThan(40);
  await page.emulateMedia({ media: 'print' });
  expect(await ground(page)).toBeGreaterThan(240);
});

test('printed, it has every section and no controls', async () => {
  const { page } = await show('bad');
  await page.emulateMedia({ media: 'print' });
  for (const control of await page.locator('.top, .filters, .pager').all()) expect(await control.isVisible()).toBe(false);
  for (const title of ['Power cuts', 'Requirements', 'Findings', 'Times', 'Evidence'])
    expect(await page.getByRole('heading', { level: 2, name: title, exact: true }).isVisible()).toBe(true);
  expect((await page.pdf({ format: 'A4', printBackground: true })).length).toBeGreaterThan(20_000);
});

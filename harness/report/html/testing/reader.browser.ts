/** What a reader does with the evidence page, in a real Chromium: `npm run test:browser`. */
import type { Page } from 'playwright-core';
import { drawn, run, usePages } from './pages.js';

jest.setTimeout(300_000);

const show = usePages('bad');
const rowsOf = (page: Page, table: string) => page.locator(`#${table} tbody tr`);

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

  test('on a phone each row is a card, and every value stands beside its name', async () => {
    const { page } = await show('bad', { width: 360, height: 800 });
    const astray = await run<string[]>(
      page,
      `[...document.querySelectorAll('#trials td')].filter((cell) => {
        const range = document.createRange();
        range.selectNodeContents(cell);
        const name = parseFloat(getComputedStyle(cell, '::before').width);
        return [...range.getClientRects()].some(({ left, width }) => width > 0 && left < cell.getBoundingClientRect().left + name);
      }).map((cell) => cell.textContent)`,
    );
    expect(astray).toEqual([]);
    expect(await rowsOf(page, 'trials').first().locator('td').last().innerText()).toMatch(/firmware: DG-20 normal\.reached/);
  });

  test('upgrades that do not conform stand first', async () => {
    const { page } = await show('bad');
    const results = await rowsOf(page, 'upgrade-table').locator('td:first-child').allInnerTexts();
    const order = ['fails', 'invalid', 'conforms'];
    expect(new Set(results)).toEqual(new Set(order));
    expect(results).toEqual([...results].sort((a, b) => order.indexOf(a) - order.indexOf(b)));
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
  expect(await page.locator('#trials .count').innerText()).toMatch(/^60 of 60; printed: 1 to 30$/);
  expect((await page.pdf({ format: 'A4', printBackground: true })).length).toBeGreaterThan(20_000);
});

test('charts that were drawn for a wide screen are printed whole on a narrow sheet', async () => {
  const { page } = await show('bad');
  const widths = (): Promise<number[]> =>
    run(page, `[...document.querySelectorAll('.cut-map svg, .timeline svg')].map((svg) => svg.getBoundingClientRect().width)`);
  // A sheet is laid out without telling the charts.
  await run(page, 'window.ResizeObserver.prototype.observe = () => {}');
  for (const hash of ['', '#/upgrade/0']) {
    await run(page, `location.hash = ${JSON.stringify(hash)}`);
    await page.waitForSelector(hash === '' ? '.cut-map svg' : '.timeline svg');
    expect((await widths())[0]).toBeGreaterThan(1000);
    await page.emulateMedia({ media: 'print' });
    await run(page, `document.querySelector('main').style.width = '600px'`);
    expect((await widths())[0]).toBeLessThanOrEqual(600);
    await page.emulateMedia({ media: 'screen' });
    await run(page, `document.querySelector('main').style.width = ''`);
  }
});

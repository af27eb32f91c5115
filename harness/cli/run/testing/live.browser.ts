/** `dfota run --serve` in a real Chromium, during real runs on a simulated rig: `npm run test:browser`. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { openBrowser, watchPage } from '../../../report/html/testing/browser.js';
import { run as evaluate } from '../../../report/html/testing/pages.js';
import { packagePair, RealRuns } from './real-runs.js';

jest.setTimeout(300_000);

const hostileName = '<img src=x onerror=alert(1)>';

let runs: RealRuns;
let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
});
beforeEach(() => {
  runs = new RealRuns('live-view');
});
afterEach(() => {
  runs.close();
});

/** The shipped pair under a name that would like to be markup. */
function hostilePair(): string {
  const file = join(runs.folder, 'pair.yaml');
  const text = readFileSync(packagePair, 'utf8')
    .replace(/^name: .*$/m, `name: '${hostileName}'`)
    .replace(/\.\.\/\.\.\/packages\//g, `${join(dirname(packagePair), '..', '..', 'packages')}/`);
  writeFileSync(file, text);
  return file;
}

const percentOf = (page: Page): Promise<number | null> =>
  evaluate<number | null>(page, `document.querySelector('.rigs progress')?.value ?? null`);

/** Waits until what the page shows is so. It looks itself, at every frame: Playwright's own waiting would need what the page's policy forbids. */
async function shows(page: Page, expression: string): Promise<void> {
  await evaluate(
    page,
    `new Promise((done) => { const look = () => ((${expression}) ? done(true) : requestAnimationFrame(look)); look(); })`,
  );
}

test('percentages advance without reloading, the end is seen, and a name that would be markup stays text', async () => {
  const out = runs.out('run');
  const options = ['--suite', 'round-trip', '-t', 'ufs', '--out', out, '--serve'];
  const started = runs.dfota('state', 'run', '--rig', runs.rig({ name: 'watched' }), '--packages', hostilePair(), ...options);
  const address = (await started.prints(/Live view: (http:\/\/127\.0\.0\.1:\d+\/)/))?.[1];
  expect(address).toBeDefined();
  const { page, complaints, requests } = await watchPage(browser, address ?? '');
  await evaluate(page, 'window.notReloaded = true');
  await shows(page, `document.querySelector('h1').textContent === 'Running'`);

  await shows(page, `document.querySelector('.rigs progress')?.value > 0`);
  const first = await percentOf(page);
  await shows(page, `(document.querySelector('.rigs progress')?.value ?? 0) !== ${String(first)}`);
  expect(await page.locator('.now .timeline svg').count()).toBe(1);
  const text = await page.locator('body').innerText();
  expect(text).toContain(hostileName);
  expect(text).not.toContain('861107030000001');
  expect(await page.locator('img').count()).toBe(0);

  await page.locator('.now').getByText('The run has ended').waitFor();
  expect(await page.locator('h1').innerText()).toBe('Passed');
  expect(await evaluate(page, 'window.notReloaded')).toBe(true);
  const { exit, text: printed } = await started.ended;
  expect({ exit, printed }).toMatchObject({ exit: 0 });

  // Nobody answers any more, and everything can be read all the same.
  await page
    .getByRole('link', { name: /^watched#/ })
    .first()
    .click();
  await page.waitForSelector('main.upgrade .timeline svg');
  expect(complaints).toEqual([]);
  expect(requests.filter((url) => !url.startsWith(address ?? ' '))).toEqual([]);
  const kept = JSON.parse(/id="data">(.*?)<\/script>/s.exec(readFileSync(join(out, 'report.html'), 'utf8'))?.[1] ?? '') as object;
  expect(kept).not.toHaveProperty('live');
  await page.context().close();
});

test('a port that something else has is told before anything is done', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const rig = runs.rig({ name: 'unserved' });
  const out = join(runs.folder, 'none');
  const { exit, text } = await runs.dfota(
    'state',
    'run',
    '--rig',
    rig,
    '--packages',
    packagePair,
    '--out',
    out,
    '--serve',
    String(port),
  ).ended;
  other.close();
  expect(exit).toBe(2);
  expect(text).toMatch(new RegExp(`the live view cannot be served[^]*port ${String(port)} on 127\\.0\\.0\\.1[^]*name another`));
  expect(existsSync(join(out, 'journal.jsonl'))).toBe(false);
});

test('a run whose view is killed goes on to its end', async () => {
  const rig = runs.rig({ name: 'alone' });
  const words = ['run', '--rig', rig, '--packages', packagePair, '--suite', 'identity', '--out', runs.out('alone'), '--serve'];
  const started = runs.dfota('state', ...words);
  await started.prints(/Live view: /);
  runs.killChild(started, 'report/live/main.js');
  const { exit, text } = await started.ended;
  expect(text).toContain('The live view has ended');
  expect({ exit, text }).toMatchObject({ exit: 0 });
});

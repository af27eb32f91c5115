import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.js';
import type { LiveFacts, LiveReport } from '../html/data.js';
import { showableJson } from '../html/details.js';
import { night } from '../html/testing/night.js';
import { readReport } from '../html/write.js';
import { RunSoFar } from './run-so-far.js';
import { ask, Events } from './testing/ask.js';
import { LiveView } from './view.js';

let folder: string;
let view: LiveView;
let port: number;
let run: RunSoFar;
let journal: string;
const lines = [...night({ trials: 8, bricks: [30, 70] })].map((event) => `${JSON.stringify(event)}\n`);
const write = (from: number, to: number): void => {
  appendFileSync(journal, lines.slice(from, to).join(''));
};
/** In the middle of an upgrade that reports its percentages. */
const middle = lines.findIndex((line, index) => index > lines.length / 2 && /UPDATING\\",10\\r/.test(line));

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'live-test-'));
  journal = join(folder, 'journal.jsonl');
  writeFileSync(journal, '');
  write(0, middle + 1);
  run = new RunSoFar(journal, ['ec25-a']);
  view = new LiveView(systemClock);
  port = await view.listen(0);
  view.follow(run);
});
afterEach(async () => {
  await view.finish();
  rmSync(folder, { recursive: true, force: true });
});

describe('what it answers', () => {
  test('the page, with the report so far, and a policy that allows its own script and its own address alone', async () => {
    const { status, headers, text } = await ask(port, '/');
    expect(status).toBe(200);
    expect(headers['content-security-policy']).toMatch(/default-src 'none'.*connect-src 'self'.*frame-ancestors 'none'/);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    const data = JSON.parse(/id="data">(.*?)<\/script>/s.exec(text)?.[1] ?? '') as LiveReport['data'];
    expect(data.live?.rigs[0]?.upgrade?.timeline.percents.percent.at(-1)).toBe(10);
    expect(data.upgrades.id.length).toBeGreaterThan(3);
    expect(data.identitiesMasked).toBe(true);
    expect(text).not.toContain('861107030000001');
  });

  test('details of what has ended', async () => {
    await ask(port, '/');
    expect(await ask(port, '/details/0')).toMatchObject({ status: 200, text: expect.stringMatching(/^[\w+/]+=*$/) as string });
    expect((await ask(port, '/details/7')).status).toBe(404);
  });

  test.each([
    '/report.html',
    '/details/',
    '/details/-1',
    '/details/00',
    '/details/0x1',
    '/../package.json',
    '/events?x=1',
    '/%2e%2e/',
    '//',
  ])('nothing at %s', async (path) => {
    expect((await ask(port, path)).status).toBe(404);
  });

  test.each(['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH'])('no %s', async (method) => {
    expect(await ask(port, '/', { method })).toMatchObject({ status: 405, headers: { allow: 'GET' } });
  });

  test.each(['lab.example.net', 'evil.example:80', '127.0.0.1.evil.example', 'localhost.evil.example', '[::1]'])(
    'nobody who calls this machine %s, as a page whose name was made to point here would',
    async (host) => {
      for (const path of ['/', '/events', '/details/0'])
        expect([400, 421]).toContain((await ask(port, path, { headers: { Host: host } })).status);
    },
  );

  test.each(['127.0.0.1', 'localhost', 'LOCALHOST:9999'])('who calls it %s, also through a tunnel', async (host) => {
    expect((await ask(port, '/', { headers: { Host: host } })).status).toBe(200);
  });

  test('no page from elsewhere', async () => {
    expect((await ask(port, '/events', { headers: { Origin: 'https://evil.example' } })).status).toBe(403);
  });
});

describe('what it tells', () => {
  test('percentages, an upgrade that has ended, and the end of the run, which then says what the report says', async () => {
    const events = await Events.open(port);
    const first = await events.next<LiveReport>('report');
    expect(first?.data.headline).toMatchObject({ verdict: 'failed' });
    const reached = (percent: number) => (facts: LiveFacts) =>
      facts.rigs[0]?.upgrade?.timeline.percents.percent.includes(percent) === true;
    expect((await events.next<LiveFacts>('rigs', reached(10)))?.rigs[0]).toMatchObject({ name: 'ec25-a', phase: '10 %' });
    write(middle + 1, middle + 40);
    expect(await events.next<LiveFacts>('rigs', reached(12))).toBeDefined();
    write(middle + 40, lines.length);
    const upgrades = first?.data.upgrades.id.length ?? 0;
    expect(await events.next<LiveReport>('report', ({ data }) => data.upgrades.id.length > upgrades)).toBeDefined();
    const finished = view.finish();
    const last = await events.next<LiveReport>('report', ({ data }) => data.live === undefined);
    expect(last?.data).toEqual(JSON.parse(showableJson(readReport(journal))));
    expect(await events.next('end')).toEqual({});
    events.close();
    await finished;
  });

  test('a run in which nothing has failed is running, not passed, and its test under way is no test yet', () => {
    const events = [...night({ trials: 2 })];
    const started = events.findIndex(({ type }) => type === 'verdict');
    writeFileSync(
      join(folder, 'young.jsonl'),
      events
        .slice(0, started + 1)
        .map((event) => `${JSON.stringify(event)}\n`)
        .join(''),
    );
    const young = new RunSoFar(join(folder, 'young.jsonl'), ['ec25-a']);
    while (young.read());
    const { headline, rigs, tests } = young.report().data;
    expect(headline.verdict).toBe('running');
    expect(rigs[0]?.verdict).toBe('running');
    expect(tests.name).toEqual([]);
    young.close();
  });

  test('asked again and again, it finds nothing twice', () => {
    const file = join(folder, 'picky.jsonl');
    const events = [...night({ trials: 2 })].map((event) =>
      event.type === 'test.end' ? { ...event, status: 'failed', why: 'an expectation of its own' } : event,
    );
    writeFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    const picky = new RunSoFar(file, ['ec25-a']);
    while (picky.read());
    const { groups } = picky.report().data;
    expect(groups[0]).toMatchObject({ rule: 'suite.expectation', text: 'an expectation of its own' });
    expect(picky.report().data.groups).toEqual(groups);
    picky.close();
  });

  test('nothing is read while nobody watches, and again nothing when they have gone', async () => {
    const read = jest.spyOn(run, 'read');
    const events = await Events.open(port);
    await events.next('rigs');
    expect(read).toHaveBeenCalled();
    events.close();
    const other = await Events.open(port);
    await other.next('rigs');
    other.close();
    // The pause that was begun may end in one more look.
    await new Promise((done) =>
      systemClock.after(3000, () => {
        done(undefined);
      }),
    );
    read.mockClear();
    write(middle + 1, lines.length);
    await new Promise((done) =>
      systemClock.after(1500, () => {
        done(undefined);
      }),
    );
    expect(read).not.toHaveBeenCalled();
  });

  test('no more than so many at a time', async () => {
    const all: Events[] = [];
    for (let number = 0; number < 12; number += 1) all.push(await Events.open(port));
    expect((await ask(port, '/events')).status).toBe(503);
    for (const each of all) each.close();
  });
});

import { basename } from 'node:path';
import { Attachments, withoutAttachments } from './attachments.js';
import { notRunTitle, type TestResult } from './result.js';
import { latencyText, type TrialTold } from './trials.js';

/** What Jest left of one rig. */
export interface RigPart {
  readonly rig: string;
  readonly xml: string;
}

/** What a run's power cuts add to the file. */
export interface Campaign {
  readonly trials: readonly TrialTold[];
  /** Properties of a rig's suites that made cuts. */
  properties(rig: string): Readonly<Record<string, string>>;
}

/**
 * Finishes what jest-junit wrote: several rigs become one file, what is not the firmware's failure is no `<failure>`, a skip carries its
 * reason, tries that did not count are kept as `<flakyError>` or `<rerunError>`, and each case has a classname (`rig.suite`), without which
 * Jenkins would cut names at their last dot. A test that only the journal knows, because Jest was killed before it wrote, is put in. The schema
 * allows properties in a suite alone: there each power cut is told as `trial.<rig>/<number>.…`, and in its test's output as well. What is missing in a
 * merged run is an error each, in a suite of its own.
 */
export function finishJunit(
  parts: readonly RigPart[],
  tests: readonly TestResult[],
  properties: Readonly<Record<string, string>>,
  campaign: Campaign = { trials: [], properties: () => ({}) },
  attachments = new Attachments(() => []),
  missing: readonly string[] = [],
): string {
  const suites = parts.flatMap(({ rig, xml }) => readSuites(xml).map((suite) => ({ rig, suite })));
  const finished = [
    ...[...suites, ...suitesLost(suites, tests)].map(({ rig, suite }) =>
      finishSuite(rig, suite, tests, { properties, campaign, attachments }),
    ),
    ...(missing.length === 0 ? [] : [missingSuite([...new Set(missing)])]),
  ];
  const total = (key: keyof Counts): number => finished.reduce((sum, suite) => sum + suite.counts[key], 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="dfota" tests="${String(total('tests'))}" failures="${String(total('failures'))}" errors="${String(total('errors'))}">`,
    ...finished.map((suite) => suite.xml),
    '</testsuites>',
    '',
  ].join('\n');
}

/** Suites with the tests that Jest's files lack, as Jest would have written them. */
function suitesLost(
  told: readonly { readonly rig: string; readonly suite: Suite }[],
  tests: readonly TestResult[],
): { readonly rig: string; readonly suite: Suite }[] {
  const known = new Set(told.flatMap(({ rig, suite }) => suite.cases.map((each) => JSON.stringify([rig, testOf(suite, each)]))));
  const lost = new Map<string, { rig: string; suite: Suite & { cases: Suite['cases'][number][] } }>();
  for (const { rig, suite, test, took = 0 } of tests) {
    if (known.has(JSON.stringify([rig, test]))) continue;
    const key = JSON.stringify([rig, suite]);
    const name = escapeXml(`${rig} ${suite}.suite.ts`);
    const entry = lost.get(key) ?? { rig, suite: { attributes: { name }, properties: '', cases: [] } };
    lost.set(key, entry);
    const title = escapeXml(test.slice(suite.length + 2));
    entry.suite.cases.push({ attributes: { name: title, time: seconds(took) }, body: '' });
  }
  return [...lost.values()];
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

/** The test's name in the journal. */
function testOf(suite: Suite, testCase: Suite['cases'][number]): string {
  return `${suiteOf(suite)}: ${isNotRun(testCase) ? notRunTitle : unescapeXml(testCase.attributes['name'] ?? '').trim()}`;
}

/** Suites that Jest could not run at all (one that cannot be read, a rig that does not open), as tests of the run, each with its reason. */
export function suitesNotRun(xml: string): { readonly test: string; readonly why: string }[] {
  return readSuites(xml)
    .filter(({ cases }) => cases.some(isNotRun))
    .map((suite) => {
      const text = suite.cases.map(({ body }) => unescapeXml(/<error>([\s\S]*?)<\/error>/.exec(body)?.[1] ?? '')).join('\n');
      const lines = text.split('\n').map((line) => line.trim());
      const why = lines.find((line) => line !== '' && !line.includes(notRunClass));
      return { test: `${suiteOf(suite)}: ${notRunTitle}`, why: why ?? 'no reason was given' };
    });
}

/** Classname that jest-junit gives it. */
const notRunClass = 'Test suite failed to run';

function isNotRun({ attributes }: Suite['cases'][number]): boolean {
  return attributes['classname'] === notRunClass;
}

/** `round-trip` of `ec25-a round-trip.suite.ts` and of `suites/round-trip.suite.ts`. */
function suiteOf(suite: Suite): string {
  const name = unescapeXml(suite.attributes['name'] ?? '');
  return basename(name.slice(name.lastIndexOf(' ') + 1)).replace(/\.suite\.[jt]s$/, '');
}

interface Counts {
  tests: number;
  failures: number;
  errors: number;
  skipped: number;
}

export interface Suite {
  readonly attributes: Readonly<Record<string, string>>;
  readonly properties: string;
  readonly cases: readonly { readonly attributes: Readonly<Record<string, string>>; readonly body: string }[];
}

/** jest-junit's output is well-formed and flat (testsuites, testsuite, properties, testcase), so patterns are enough to read it. */
export function readSuites(xml: string): Suite[] {
  return [...xml.matchAll(/<testsuite ([^>]*)>([\s\S]*?)<\/testsuite>/g)].map(([, attributes = '', body = '']) => ({
    attributes: readAttributes(attributes),
    properties: (/<properties>([\s\S]*?)<\/properties>/.exec(body)?.[1] ?? '').trim(),
    cases: [...body.matchAll(/<testcase ([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)].map(
      ([, caseAttributes = '', inner = '']) => ({
        attributes: readAttributes(caseAttributes),
        body: inner.trim(),
      }),
    ),
  }));
}

function readAttributes(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/([\w:]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]));
}

/** What is added to what Jest wrote. */
interface Beside {
  readonly properties: Readonly<Record<string, string>>;
  readonly campaign: Campaign;
  readonly attachments: Attachments;
}

function finishSuite(
  rig: string,
  suite: Suite,
  tests: readonly TestResult[],
  { properties, campaign, attachments }: Beside,
): { xml: string; counts: Counts } {
  const suiteName = suiteOf(suite);
  // It stands there twice.
  const listedCases = suite.cases.some(isNotRun) ? suite.cases.filter(isNotRun).slice(0, 1) : suite.cases;
  const counts: Counts = { tests: listedCases.length, failures: 0, errors: 0, skipped: 0 };
  const covered = new Set<string>();
  const own = new Map(tests.filter((test) => test.rig === rig).map((test) => [test.test, test]));
  const trials: TrialTold[] = [];
  const cases = listedCases.map((testCase) => {
    const { attributes, body } = testCase;
    const test = testOf(suite, testCase);
    const title = test.slice(suiteName.length + 2);
    const result = own.get(test);
    for (const id of result?.requirements ?? []) covered.add(id);
    const made = campaign.trials.filter((trial) => trial.rig === rig && trial.test === test);
    trials.push(...made);
    const inner = caseBody(body, result, counts, made, () => attachments.linesFor(rig));
    // In a run that was resumed Jest came by again.
    const time = result?.outlasted === true ? seconds(result.took ?? 0) : (attributes['time'] ?? '0');
    return `    <testcase classname="${escapeXml(`${rig}.${suiteName}`)}" name="${escapeXml(title)}" time="${time}">${inner}</testcase>`;
  });
  const cuts = trials.length === 0 ? {} : { ...campaign.properties(rig), ...Object.fromEntries(trials.flatMap(trialProperties)) };
  const all: Readonly<Record<string, string>> = { ...properties, requirements: [...covered].sort().join(' '), ...cuts };
  const listed = Object.entries(all).map(
    ([name, value]) => `      <property name="${escapeXml(name)}" value="${escapeXml(value)}"/>`,
  );
  const { timestamp, time = '0' } = suite.attributes;
  // A suite that never began has the year 1970.
  const began = timestamp === undefined || timestamp.startsWith('1970') ? '' : ` timestamp="${timestamp}"`;
  const xml = [
    `  <testsuite name="${escapeXml(`${rig}.${suiteName}`)}" tests="${String(counts.tests)}" failures="${String(counts.failures)}" errors="${String(counts.errors)}" skipped="${String(counts.skipped)}"${began} time="${time}">`,
    '    <properties>',
    ...(suite.properties === '' ? [] : [`      ${suite.properties}`]),
    ...listed,
    '    </properties>',
    ...cases,
    '  </testsuite>',
  ].join('\n');
  return { xml, counts };
}

const whole = { rig: 'merged', suite: 'whole' } as const;

/** As the test of a merged run that something is there, with the name that the finished file has for it. */
export function missingTest(what: string): { readonly rig: string; readonly test: string } {
  return { rig: whole.rig, test: `${whole.suite}: ${unescapeXml(escapeXml(what))}` };
}

function missingSuite(missing: readonly string[]): { xml: string; counts: Counts } {
  const counts = { tests: missing.length, failures: 0, errors: missing.length, skipped: 0 };
  const name = `${whole.rig}.${whole.suite}`;
  const cases = missing.map((what) => {
    const text = escapeXml(what);
    return `    <testcase classname="${name}" name="${text}" time="0"><error message="${text}" type="invalid">${text}</error></testcase>`;
  });
  const count = String(missing.length);
  const opened = `  <testsuite name="${name}" tests="${count}" failures="0" errors="${count}" skipped="0" time="0">`;
  return { xml: [opened, ...cases, '  </testsuite>'].join('\n'), counts };
}

function trialProperties(told: TrialTold): [string, string][] {
  const { trial, cut, outcome, owner, achieved, latencies } = told;
  const facts = { cut, outcome, owner, achieved, latency: latencies.map(latencyText).join(', ') || undefined };
  const known = Object.entries(facts).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return known.map(([name, value]) => [`trial.${trial}.${name}`, value]);
}

function trialLine({ trial, cut, outcome, owner, achieved = 'no cut', latencies, why }: TrialTold): string {
  const latency = latencies.length === 0 ? '' : `; from the trigger to the switch ${latencies.map(latencyText).join(', ')}`;
  return `trial ${trial} ${outcome}${owner === undefined ? '' : ` (${owner})`}: ${cut}; achieved: ${achieved}${latency}${why === undefined ? '' : `; ${why}`}`;
}

function caseBody(
  body: string,
  result: TestResult | undefined,
  counts: Counts,
  trials: readonly TrialTold[],
  attached: () => readonly string[],
): string {
  const parts: string[] = [];
  const status =
    result?.status ??
    (body.includes('<failure>') || body.includes('<error>') ? 'failed' : body.includes('<skipped') ? 'skipped' : 'passed');
  const why = result?.why ?? '';
  const firstLine = why.split('\n')[0] ?? '';
  if (status === 'failed') {
    counts.failures += 1;
    parts.push(
      /<failure>/.test(body) && result?.outlasted !== true
        ? body
        : `<failure message="${escapeXml(firstLine)}" type="failed">${escapeXml(why)}</failure>`,
    );
  } else if (status === 'invalid' || status === 'inconclusive') {
    counts.errors += 1;
    parts.push(`<error message="${escapeXml(firstLine)}" type="${status}">${escapeXml(why)}</error>`);
  } else if (status === 'skipped') {
    counts.skipped += 1;
    parts.push(`<skipped message="${escapeXml(firstLine)}"/>`);
  }
  const element = status === 'passed' ? 'flakyError' : 'rerunError';
  for (const { number, why: reason } of result?.tries ?? []) {
    parts.push(`<${element} message="${escapeXml(`try ${String(number)}: ${reason.split('\n')[0] ?? ''}`)}" type="invalid"/>`);
  }
  const told = [
    ...(result === undefined || result.requirements.length === 0 ? [] : [`requirements: ${result.requirements.join(' ')}`]),
    ...(result?.tries ?? []).map(({ number, why: reason }) => `try ${String(number)} did not count: ${reason}`),
    ...trials.map(trialLine),
  ].map(withoutAttachments);
  if (status !== 'passed' && status !== 'skipped') told.push(...attached());
  if (told.length > 0) parts.push(`<system-out>${escapeXml(told.join('\n'))}</system-out>`);
  return parts.join('');
}

/** Text for an attribute or an element; characters that XML 1.0 does not know are shown by their number. */
export function escapeXml(text: string): string {
  return text

    .replace(
      /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
      (character) => {
        return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
      },
    )
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&apos;')
    .replace(/\n/g, '&#10;');
}

export function unescapeXml(text: string): string {
  return text
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&apos;/g, "'")
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(/&amp;/g, '&');
}

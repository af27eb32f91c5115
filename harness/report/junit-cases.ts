import { readSuites, unescapeXml } from './junit.js';
import type { TestStatus } from './result.js';

/** A test as a finished JUnit file of this harness tells it. */
export interface JunitCase {
  readonly rig: string;
  /** `round-trip: v12 → v13 → v12`, as in the journal. */
  readonly test: string;
  readonly status: TestStatus;
}

export function junitCases(xml: string): readonly JunitCase[] {
  return readSuites(xml).flatMap(({ cases }) =>
    cases.map(({ attributes, body }) => {
      // A rig's name may have dots, a suite's has none.
      const [, rig = '', suite = ''] = /^(.*)\.([^.]*)$/.exec(unescapeXml(attributes['classname'] ?? '')) ?? [];
      return { rig, test: `${suite}: ${unescapeXml(attributes['name'] ?? '')}`, status: statusOf(body) };
    }),
  );
}

function statusOf(body: string): TestStatus {
  if (/<failure[ >]/.test(body)) return 'failed';
  const [, type] = /<error [^>]*type="(invalid|inconclusive)"/.exec(body) ?? [];
  if (type === 'invalid' || type === 'inconclusive') return type;
  if (/<error[ >]/.test(body)) return 'invalid';
  return /<skipped[ />]/.test(body) ? 'skipped' : 'passed';
}

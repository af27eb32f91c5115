import { basename } from 'node:path';
import Sequencer from '@jest/test-sequencer';
import type { Test } from '@jest/test-result';
import { suiteNames } from './paths.js';

/** Runs the suites in the order of `suiteNames`, not in Jest's order of past durations: a night must be repeatable. */
export default class SuiteSequencer extends Sequencer {
  override sort(tests: Test[]): Test[] {
    return [...tests].sort((a, b) => rank(a.path) - rank(b.path) || a.path.localeCompare(b.path));
  }
}

function rank(path: string): number {
  const index = (suiteNames as readonly string[]).indexOf(basename(path).replace(/\.suite\.ts$/, ''));
  return index < 0 ? suiteNames.length : index;
}

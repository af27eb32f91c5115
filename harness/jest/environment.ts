import { basename } from 'node:path';
import type { EnvironmentContext, JestEnvironmentConfig } from '@jest/environment';
import type { Circus } from '@jest/types';
import { TestEnvironment } from 'jest-environment-node';
import { session, type Session } from './session.js';

/** Jest's environment for suites: holds the rig outside the sandbox, lends it to the suite, and tells the journal of each test. */
export default class RigEnvironment extends TestEnvironment {
  readonly #suite: string;
  #session: Session | undefined;

  constructor(config: JestEnvironmentConfig, context: EnvironmentContext) {
    super(config, context);
    this.#suite = basename(context.testPath).replace(/\.suite\.[jt]s$/, '');
  }

  override async setup(): Promise<void> {
    await super.setup();
    this.#session = await session();
    this.global['dfota'] = this.#session.world;
  }

  handleTestEvent(event: Circus.Event, state: Circus.State): void {
    if (this.#session === undefined) return;
    // Comes right after a test was declared: tests of several describe blocks may have one title.
    if (event.name === 'add_test') this.#session.testAdded(titleOf({ name: event.testName, parent: state.currentDescribeBlock }));
    if (!('test' in event)) return;
    const title = titleOf(event.test);
    // `test_started` comes only for a test that will run, `test_skip` for one that will not.
    if (event.name === 'test_started') this.#session.testStarted(this.#suite, title);
    if (event.name === 'test_done') this.#session.testEnded(this.#suite, title, event.test.errors.map(errorText));
    if (event.name === 'test_skip') this.#session.testSkipped(this.#suite, title);
  }
}

function titleOf(test: Pick<Circus.TestEntry, 'name' | 'parent'>): string {
  const parts = [test.name];
  for (let block: Circus.DescribeBlock | undefined = test.parent; block !== undefined; block = block.parent) {
    if (block.name !== 'ROOT_DESCRIBE_BLOCK') parts.unshift(block.name);
  }
  return parts.join(' ');
}

/** Circus keeps an error as itself, or as a pair of it and the place that registered the test. */
function errorText(error: unknown): string {
  const first: unknown = Array.isArray(error) ? (error[0] ?? error[1]) : error;
  const message = (Object(first) as { message?: unknown }).message;
  return typeof message === 'string' ? message : String(first);
}

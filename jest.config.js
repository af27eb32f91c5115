'use strict';
// Projects: what proves the harness itself (`npm test`), what needs a browser, and the suites that run against a module.
// `npx jest suites/round-trip.suite.ts` drives a rig directly; `dfota run` does it with a report.
const { existsSync } = require('node:fs');
const { availableParallelism } = require('node:os');
const { join } = require('node:path');

const transform = {
  '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }],
};
// Sources import each other as `./x.js`, as Node.js wants it; Jest finds the TypeScript behind it.
const moduleNameMapper = { '^(\\.{1,2}/.*)\\.js$': '$1' };

const suites = join(__dirname, 'dist', 'harness', 'jest', 'config.js');
module.exports = {
  // A test that hangs fails; one on a busy machine, where a Node.js process takes seconds to start, does not. Longer ones say so themselves.
  testTimeout: 60_000,
  // Much of the tests' time is spent waiting for modules, servers and processes.
  maxWorkers: Math.min(8, 2 * availableParallelism()),
  projects: [
    {
      displayName: 'harness',
      rootDir: __dirname,
      roots: ['<rootDir>/harness'],
      testMatch: ['<rootDir>/harness/**/*.test.ts'],
      testEnvironment: 'node',
      transform,
      moduleNameMapper,
    },
    {
      // The evidence page in a real browser: `npm run test:browser`.
      displayName: 'browser',
      rootDir: __dirname,
      roots: ['<rootDir>/harness'],
      testMatch: ['<rootDir>/harness/**/*.browser.ts'],
      testEnvironment: 'node',
      transform,
      moduleNameMapper,
    },
    ...(existsSync(suites) ? [{ displayName: 'suites', ...require(suites).suiteProject() }] : []),
  ],
};

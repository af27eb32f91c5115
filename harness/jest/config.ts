import { join } from 'node:path';
import { projectRoot } from './paths.js';

export interface SuiteConfigOptions {
  readonly rig: string;
  /** Where junit.xml goes. */
  readonly outputDirectory: string;
}

/** Jest's configuration for the suites on one rig; `dfota run` hands it over as JSON. */
export function suiteProject(): Record<string, unknown> {
  const root = projectRoot();
  const built = (file: string): string => join(root, 'dist', 'harness', 'jest', file);
  return {
    rootDir: root,
    // Jest looks through all files of its roots at each start: node_modules has ten thousand, of which no suite is one.
    roots: [join(root, 'suites')],
    testMatch: [join(root, 'suites', '**', '*.suite.ts')],
    testEnvironment: built('environment.js'),
    globalTeardown: built('teardown.js'),
    setupFilesAfterEnv: [join(root, 'harness', 'jest', 'matchers.ts')],
    transform: {
      '^.+\\.ts$': [
        '@swc/jest',
        { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' }, sourceMaps: 'inline' },
      ],
    },
    moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  };
}

export function suiteConfig(options: SuiteConfigOptions): Record<string, unknown> {
  const root = projectRoot();
  return {
    ...suiteProject(),
    displayName: options.rig,
    testSequencer: join(root, 'dist', 'harness', 'jest', 'sequencer.js'),
    reporters: [
      'default',
      [
        'jest-junit',
        {
          outputDirectory: options.outputDirectory,
          outputName: 'junit.xml',
          suiteName: 'dfota',
          suiteNameTemplate: '{displayName} {filename}',
          classNameTemplate: '{displayName} {filename}',
          titleTemplate: '{classname} {title}',
          ancestorSeparator: ' ',
          noStackTrace: 'true',
          reportTestSuiteErrors: 'true',
          testSuitePropertiesDirectory: join(root, 'dist', 'harness', 'jest'),
          testSuitePropertiesFile: 'junit-properties.js',
        },
      ],
    ],
  };
}

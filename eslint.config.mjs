import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/**', 'reports/**', 'packages/**', 'coverage/**', 'node_modules/**'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/require-await': 'off',
      eqeqeq: 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      // The harness takes its time from the injected clock alone (harness/base/clock.ts).
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Take the time from the Clock.' },
        { object: 'Math', property: 'random', message: 'Draw from seeded() with a label.' },
      ],
    },
  },
  {
    // The evidence page runs in a browser: types of its own.
    files: ['harness/report/html/page/**/*.{ts,tsx}'],
    languageOptions: {
      parserOptions: { project: './harness/report/html/page/tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
  },
  {
    // One lazy require a command keeps `dfota --help` quick; what only a server needs is loaded with the first server.
    files: ['harness/cli/main.ts', 'harness/delivery/ftp-inside.ts', 'harness/delivery/http-behind.ts'],
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  {
    files: ['**/*.test.ts', '**/testing/**/*.ts', 'harness/simulator/**/*.ts', 'bench/**/*.ts'],
    rules: { 'no-restricted-properties': 'off', 'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }] },
  },
  {
    // A suite reads like a test plan: it neither waits by the clock nor touches a port.
    files: ['suites/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', 'setTimeout', 'setInterval', 'setImmediate', 'process', 'require'],
      'no-restricted-imports': [
        'error',
        { paths: ['serialport', 'usb', 'node:fs', 'fs', 'node:net', 'net', 'node:timers', 'node:timers/promises'] },
      ],
    },
  },
);

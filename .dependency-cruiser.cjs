'use strict';
// The rooms of the harness, lowest first: an import may only point to a lower room (docs/architecture.md).
const rooms = [
  'base',
  'journal',
  'rig',
  'package',
  'usb',
  'line',
  'at',
  'power',
  'delivery',
  'module',
  'verdict',
  'campaign',
  'report',
  'jest',
  'cli',
];

const upwards = rooms.slice(0, -1).map((room, index) => ({
  name: `${room}-imports-no-higher-room`,
  severity: 'error',
  comment: `${room}/ may import only ${rooms.slice(0, index).join(', ') || 'nothing'} of the harness.`,
  from: { path: `^harness/${room}/`, pathNot: '\\.test\\.ts$|/testing/' },
  to: { path: `^(harness/(${rooms.slice(index + 1).join('|')})|suites)/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...upwards,
    {
      name: 'simulator-stands-alone',
      severity: 'error',
      comment: 'The simulator and the harness share no code: a mistake shared by both would hide.',
      from: { path: '^harness/simulator/' },
      to: { path: '^(harness/(?!simulator/)|suites/)' },
    },
    {
      name: 'nobody-imports-the-simulator',
      severity: 'error',
      comment: 'It is a process of its own, also for tests.',
      from: { path: '^(harness/(?!simulator/)|suites/)' },
      to: { path: '^harness/simulator/' },
    },
    {
      name: 'verdicts-are-pure',
      severity: 'error',
      comment: 'A verdict is a function of the journal: no file, port, process or clock.',
      from: { path: '^harness/(verdict|campaign)/', pathNot: '\\.test\\.ts$|/testing/|^harness/campaign/(ledger|conduct)' },
      to: {
        path: '^(node:)?(fs|net|child_process|http|timers|os|worker_threads|dgram)(/|$)|^harness/(line|power|delivery|module)/(?!types\\.ts$)',
      },
    },
    {
      name: 'the-page-stands-alone',
      severity: 'error',
      comment: 'It runs in a browser, from data alone: of the harness it knows types, and how details are packed.',
      from: { path: '^harness/report/html/page/' },
      to: { path: '^(harness|suites)/', pathNot: '^harness/report/html/(page/|data\\.ts$|packing\\.ts$)' },
    },
    {
      name: 'suites-see-the-jest-room-only',
      severity: 'error',
      comment: 'A suite is a test plan; plumbing lives in harness/.',
      from: { path: '^suites/' },
      to: { path: '^harness/', pathNot: '^harness/jest/suite\\.ts$' },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    {
      name: 'tests-stay-outside',
      severity: 'error',
      from: { pathNot: '\\.test\\.ts$|/testing/' },
      to: { path: '\\.test\\.ts$|/testing/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.js', '.json'] },
  },
};

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { requirements, testedElsewhere } from './requirements.js';
import { rules } from './rules/index.js';
import { sequenceRules } from './sequence.js';
import { refused, sound } from './testing/script.js';
import { judged } from './testing/stories.js';

describe('requirements', () => {
  const ids = [
    ...Array.from({ length: 21 }, (_, i) => `DG-${String(i + 1).padStart(2, '0')}`),
    ...Array.from({ length: 9 }, (_, i) => `DH-${String(i + 1).padStart(2, '0')}`),
  ];

  test('the catalogue holds each id once', () => {
    expect(requirements.map(({ id }) => id)).toEqual(ids);
  });

  test('each has a rule, or a place where else it is tested', () => {
    const served = new Set([
      ...rules.flatMap(({ serves }) => serves),
      ...sequenceRules.map(({ requirement }) => requirement),
      ...Object.keys(testedElsewhere),
    ]);
    expect(ids.filter((id) => !served.has(id))).toEqual([]);
  });

  test('the documents list each rule with what it serves and whom it blames', () => {
    const document = readFileSync(join(__dirname, '..', '..', 'docs', 'verdicts.md'), 'utf8');
    const rows = [
      ...rules.map(({ id, serves, blames, title }) => `| \`${id}\` | ${serves.join(', ')} | ${blames} | ${title} |`),
      ...sequenceRules.map(({ id, requirement, title }) => `| \`${id}\` | ${requirement} | firmware | ${title} |`),
    ];
    expect(document.split('\n').filter((line) => /^\| `[a-z]+\.[a-z0-9-]+` /.test(line))).toEqual(rows);
  });

  test('rules have ids of their own', () => {
    const own = [...rules.map(({ id }) => id), ...sequenceRules.map(({ id }) => id)];
    expect(new Set(own).size).toBe(own.length);
  });

  test('a sound upgrade exercises what it shows and nothing else', () => {
    expect(judged(sound('ftp')).exercised).toEqual([
      'DG-01',
      'DG-03',
      'DG-07',
      'DG-10',
      'DG-11',
      'DG-12',
      'DG-13',
      'DH-03',
      'DH-04',
      'DH-07',
      'DH-08',
    ]);
    expect(judged(refused(5, 505, { contents: 'corrupt' })).exercised).toEqual(
      expect.arrayContaining(['DG-15', 'DG-18', 'DG-19', 'DH-05']),
    );
  });
});

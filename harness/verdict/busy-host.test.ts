import { fold } from './fold.js';
import { judge } from './judge.js';
import { fetched, type Script } from './testing/script.js';

/** Attempts as a busy host reads them: USB's START long after the UART's, which each time was read before the USB line had appeared. */
function readFarApart(attempts: number): Script {
  const story = fetched('ufs', { contents: 'corrupt' });
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    story.leaves().say(['uart'], 'START').wait(600).returns().event({ type: 'host.lag', ms: 220 });
    story.wait(200).say(['uart'], 'END,505').wait(300).say(['at'], 'START', 'END,505');
  }
  return story.leaves().wait(500).returns().normal().end().after({});
}

test('two lines’ sights of one attempt that a busy host read far apart are no attempt more', () => {
  const findings = (attempts: number): string[][] =>
    fold(readFarApart(attempts).events)
      .flatMap((record) => judge(record).findings)
      .filter(({ rule }) => rule === 'retries.count')
      .map(({ owner, text }) => [owner, text]);
  // Six are allowed at most; eight on one line are eight.
  expect(findings(6)).toEqual([]);
  expect(findings(8)).toEqual([['firmware', 'the upgrade was tried more often than it may be']]);
});

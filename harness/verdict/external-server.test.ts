/** A package that a server hands out which is not ours: what its log would have shown is neither held against anybody nor covered. */
import { both, fetched, script, v12 } from './testing/script.js';
import { judged, rulesOf } from './testing/stories.js';

const external = () => script({ external: ['ftp'] });
/** As `sound`, but for the server's log, which there is none of. */
const unseen = (story = external()) =>
  story.start('ftp').command().say(both, 'FTPSTART', 'FTPEND,0').wait(1000).reboots().flashes();

test('a sound upgrade passes without a word of the server, and does not cover DG-10', () => {
  const judgement = judged(unseen());
  expect(judgement).toMatchObject({ result: 'pass', ending: 'upgraded', findings: [] });
  expect(judgement.exercised).not.toContain('DG-10');
  expect(judgement.exercised).toEqual(expect.arrayContaining(['DG-03', 'DG-07', 'DG-13']));
});

test('the same story on a server of ours puts the way to it in doubt, and one over another source is judged as ever', () => {
  expect(rulesOf(judged(unseen(script())), 'network')).toEqual(['fetch.ours']);
  expect(judged(fetched('http', {}, external()).reboots().flashes()).exercised).toContain('DG-10');
});

test('a download that fails there is undecided: nobody saw on which side', () => {
  const failed = external()
    .start('ftp')
    .command()
    .say(both, 'FTPSTART', 'FTPEND,601')
    .end('download-failed')
    .after({ revision: v12 });
  const judgement = judged(failed);
  expect(judgement.result).toBe('inconclusive');
  expect(judgement.findings).toEqual([
    expect.objectContaining({
      rule: 'download.unprovoked',
      owner: 'undecided',
      text: 'the download failed, and the server is not ours: nobody saw on which side',
    }),
  ]);
  expect(judgement.exercised).not.toContain('DG-10');
});

import {
  boundaries,
  check,
  cutId,
  cuts,
  cutTrial,
  pair,
  seed,
  smoke,
  sources,
  stratified,
  type CutTrial,
  unit,
} from '../harness/jest/suite.js';

/**
 * Power is cut during an upgrade and comes back: at each boundary between two phases, at log-spaced percentages, and at random ones. Each cut is a
 * trial: its id in the test's name repeats it exactly (`dfota run --cut <id>`), and without proof that power went it counts for nothing.
 */
const covers = ['DG-20', 'DH-01', 'DH-02', 'DH-03', 'DH-04', 'DH-07'];

function trial(cut: CutTrial): void {
  check(cutId(cut), { needs: ['power-cuts', cut.source], covers }, async () => {
    expect(await cutTrial(cut, pair.upgrade)).toSurvive();
    // Whatever the cut did, the next upgrade must work: from where the module is now.
    const { revision } = await unit.identity('check');
    const next = revision === pair.upgrade.toRevision ? pair.downgrade : pair.upgrade;
    expect(await unit.upgrade(next, { from: cut.source })).toConform();
  });
}

if (cuts.only !== undefined) {
  describe('the cut that was named', () => {
    trial(cuts.only as CutTrial);
  });
} else {
  describe.each(sources)('power cut at a boundary over %s', (source) => {
    for (const cut of boundaries(source)) trial(cut);
  });

  describe('power cut at log-spaced percentages', () => {
    for (const cut of smoke('ufs')) trial(cut);
  });

  describe('power cut at random, in strata', () => {
    for (const cut of stratified(sources, cuts.random, seed)) trial(cut);
  });
}

import {
  anyPackage,
  check,
  cutId,
  cuts,
  cutTrial,
  keepFiles,
  nextStep,
  ownServer,
  pair,
  type CutTrial,
  unit,
} from '../harness/jest/suite.js';

/**
 * Power is cut during an upgrade and comes back: at each boundary between two phases, at log-spaced percentages, and at random ones. Each cut is a
 * trial: its id in the test's name repeats it exactly (`dfota run --cut <id>`), and without proof that power went it counts for nothing.
 */
const covers = ['DG-20', 'DH-01', 'DH-02', 'DH-03', 'DH-04', 'DH-07'];

function trial(cut: CutTrial): void {
  const spoilt = cut.contents === undefined ? [] : (['restorable-failures', ...anyPackage(cut.source)] as const);
  // How far a download is, only a server of ours tells.
  const counted = cut.points.some(({ anchor }) => anchor === 'download') ? ownServer(cut.source) : [];
  check(cutId(cut), { needs: ['power-cuts', cut.source, ...spoilt, ...counted], covers }, async () => {
    await keepFiles(1501);
    expect(await cutTrial(cut, pair.upgrade)).toSurvive();
    // Whatever the cut did, the next upgrade must work: from where the module is now.
    expect(await unit.upgrade(await nextStep(), { from: cut.source })).toConform();
  });
}

if (cuts.only !== undefined) {
  describe('the cut that was named', () => {
    trial(cuts.only as CutTrial);
  });
} else {
  if (cuts.plan.length === 0)
    check('no cut is planned', { covers, skip: '--plan and --cuts leave none' }, () => Promise.resolve());
  for (const { title, trials } of cuts.plan) {
    describe(title, () => {
      for (const cut of trials) trial(cut);
    });
  }
}

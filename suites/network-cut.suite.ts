import { beyondPatience, check, nextStep, ownServer, pair, seconds, servers, unit } from '../harness/jest/suite.js';

/**
 * The way to the server dies in mid-download and comes back: the download goes on, or fails cleanly, and the next one works. Either the server is
 * gone, which the module is told by a reset; or the link is, and nothing tells it.
 */
describe.each(servers)('network cut over %s', (source) => {
  const covers = [source === 'ftp' ? 'DG-16' : 'DG-17', 'DH-09'];
  const needs = [source, ...ownServer(source)];

  for (const percent of [1, 50, 99]) {
    check(`server gone at ${String(percent)} %, then back`, { needs, covers }, async () => {
      const failed = await unit.upgrade(pair.upgrade, { from: source, fault: { name: 'server-gone', percent } });
      expect(failed).toConform();
      const next = await unit.upgrade(pair.upgrade, { from: source });
      expect(next).toConform();
      expect(next).toEndAs('upgraded');
    });
  }

  for (const { percent, title, ms } of [
    { percent: 10, title: 'for 5 s', ms: seconds(5) },
    { percent: 90, title: 'for 20 s', ms: seconds(20) },
    { percent: 50, title: 'for longer than a module waits', ms: beyondPatience() },
  ]) {
    check(`link lost at ${String(percent)} % ${title}, then back`, { needs, covers }, async () => {
      const cut = await unit.upgrade(pair.upgrade, { from: source, fault: { name: 'link-lost', percent, ms } });
      expect(cut).toConform();
      expect(cut).toEndAs('upgraded', 'download-failed');
      const next = await unit.upgrade(await nextStep(), { from: source });
      expect(next).toConform();
      expect(next).toEndAs('upgraded');
    });
  }
});

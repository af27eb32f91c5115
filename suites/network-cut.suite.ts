import { check, ownServer, pair, servers, unit } from '../harness/jest/suite.js';

/** The link to the server dies in mid-download and comes back: this download fails cleanly, the next one works. */
describe.each(servers)('network cut over %s', (source) => {
  const covers = [source === 'ftp' ? 'DG-16' : 'DG-17', 'DH-09'];
  for (const percent of [1, 50, 99]) {
    check(`server gone at ${String(percent)} %, then back`, { needs: [source, ...ownServer(source)], covers }, async () => {
      const failed = await unit.upgrade(pair.upgrade, { from: source, fault: { name: 'server-gone', percent } });
      expect(failed).toConform();
      const next = await unit.upgrade(pair.upgrade, { from: source });
      expect(next).toConform();
      expect(next).toEndAs('upgraded');
    });
  }
});

import {
  check,
  hasServerLog,
  leaveOut,
  pair,
  random,
  reachedServer,
  rig,
  serverAddress,
  servers,
  unit,
  wasRefused,
} from '../harness/jest/suite.js';

/**
 * Every limit of guide 3.1 to 3.3, at and one past it. A value at its limit is tried with a file that is not there, which costs seconds: the
 * command must be accepted and the download fail. All limits at once are then tried with a real upgrade. One past a limit must get
 * ERROR, and nothing may happen after it.
 */
const word = (length: number, purpose: string): string => random(`limits ${purpose}`).word(length);
const zip = (length: number, purpose: string): string => `${word(length - '.zip'.length, purpose)}.zip`;
const beyond = { from: 'ftp', intent: 'beyond-limit' } as const;

describe('limits of an FTP source', () => {
  const host = rig.delivery.ftp?.longestHost;
  const atLimit = {
    'a user of 50 bytes': { user: word(50, 'user') },
    'a password of 50 bytes': { password: word(50, 'password') },
    'a path of 50 bytes': { name: zip(50, 'path') },
    'port 1': { port: 1 },
    'port 65535': { port: 65535 },
  };
  for (const [what, address] of Object.entries(atLimit)) {
    check(`${what} is accepted`, { needs: ['ftp'], covers: ['DG-03', 'DG-16'] }, async () => {
      const upgrade = await unit.upgrade(pair.upgrade, { from: 'ftp', intent: 'nothing-there', address });
      expect(upgrade).toConform();
      expect(upgrade).toEndAs('download-failed');
    });
  }
  check(
    'a host of 50 bytes is accepted',
    { needs: ['ftp'], covers: ['DG-03'], skip: host === undefined ? 'the rig names no delivery.ftp.longestHost' : undefined },
    async () => {
      const upgrade = await unit.upgrade(pair.upgrade, { from: 'ftp', intent: 'nothing-there', address: { host: host ?? '' } });
      expect(upgrade).toConform();
      expect(upgrade).toEndAs('download-failed');
    },
  );

  const pastLimit = {
    'a user of 51 bytes': { user: word(51, 'user') },
    'a password of 51 bytes': { password: word(51, 'password') },
    'a host of 51 bytes': { host: word(51, 'host') },
    'a path of 51 bytes': { name: zip(51, 'path') },
    'port 0': { port: 0 },
    'port 65536': { port: 65536 },
    'a port that is no number': { target: 'ftp://user:word@127.0.0.1:2x/update.zip' },
    'a whole of 256 bytes': {
      target: `ftp://user:word@127.0.0.1:21/${zip(256 - 'ftp://user:word@127.0.0.1:21/'.length, 'whole')}`,
    },
    'another scheme': { target: 'tftp://user:word@127.0.0.1:21/update.zip' },
    'an empty source': { target: '' },
  };
  for (const [what, address] of Object.entries(pastLimit)) {
    check(`${what} gets ERROR and has no effect`, { covers: ['DG-03', 'DG-06'], needs: ['ftp'] }, async () => {
      const upgrade = await unit.upgrade(pair.upgrade, { ...beyond, address });
      expect(upgrade).toConform();
      expect(upgrade).toEndAs('rejected');
    });
  }

  check('every part at its limit at once works', { needs: ['ftp', 'own-ftp'], covers: ['DG-03', 'DG-07', 'DG-10'] }, async () => {
    const address = {
      user: word(50, 'user'),
      password: word(50, 'password'),
      name: zip(50, 'path'),
      ...(host === undefined ? {} : { host }),
    };
    const upgrade = await unit.upgrade(pair.upgrade, { from: 'ftp', address });
    expect(upgrade).toConform();
    expect(upgrade).toEndAs('upgraded');
  });
});

describe('limits of an HTTP source', () => {
  const base = 'http://127.0.0.1:80/';
  // Guide 3.2 limits the whole only; DG-04's "limits as above" can be read to keep the path of 50 bytes, too. Then 255 can't be reached.
  const fieldLimits = 'the module keeps the 50-byte path of FTP for HTTP as well, which guide 3.2 can be read to say';
  async function keepsFieldLimits(): Promise<boolean> {
    const { host = '', port = 80 } = serverAddress('http') ?? {};
    const base = `http://${host}:${String(port)}/`.length;
    const ends = [];
    for (const path of [50, 51]) {
      const upgrade = await unit.upgrade(pair.upgrade, {
        from: 'http',
        intent: 'nothing-there',
        address: { wholeLength: base + path },
      });
      ends.push(wasRefused(upgrade));
    }
    return ends[0] === false && ends[1] === true;
  }
  const whole = {
    'port 1': { port: 1 },
    'port 65535': { port: 65535 },
  };
  for (const [what, address] of Object.entries(whole)) {
    check(`${what} is accepted`, { needs: ['http'], covers: ['DG-04', 'DG-17'] }, async () => {
      const upgrade = await unit.upgrade(pair.upgrade, { from: 'http', intent: 'nothing-there', address });
      expect(upgrade).toConform();
      expect(upgrade).toEndAs('download-failed');
    });
  }
  const pastLimit = {
    'port 0': { port: 0 },
    'port 65536': { port: 65536 },
    'a whole of 256 bytes': { target: `${base}${zip(256 - base.length, 'whole')}` },
    'another scheme': { target: 'htp://127.0.0.1:80/update.zip' },
  };
  for (const [what, address] of Object.entries(pastLimit)) {
    check(`${what} gets ERROR and has no effect`, { covers: ['DG-04', 'DG-06'], needs: ['http'] }, async () => {
      const upgrade = await unit.upgrade(pair.upgrade, { from: 'http', intent: 'beyond-limit', address });
      expect(upgrade).toConform();
      expect(upgrade).toEndAs('rejected');
    });
  }
  const covers = ['DG-04', 'DG-08', ...(hasServerLog('http') ? ['DG-10'] : [])];
  check('a whole of 255 bytes works', { needs: ['http', 'upload-http'], covers }, async () => {
    if (await keepsFieldLimits()) leaveOut(fieldLimits);
    const upgrade = await unit.upgrade(pair.upgrade, { from: 'http', address: { wholeLength: 255 } });
    expect(upgrade).toConform();
    expect(upgrade).toEndAs('upgraded');
  });
});

describe.each(servers)('the default port of %s', (source) => {
  const standard = { ftp: 21, http: 80 }[source];
  const covers = [source === 'ftp' ? 'DG-03' : 'DG-04'];
  const advertised = serverAddress(source)?.port === standard;
  check(
    `${String(standard)} is used when the port is left out`,
    {
      needs: [source],
      covers,
      skip: advertised ? undefined : `the rig does not advertise its ${source} server on port ${String(standard)}`,
    },
    async () => {
      // First with the port written out: whoever reaches the server so, and not without it, takes another default.
      const written = await unit.upgrade(pair.upgrade, { from: source, intent: 'nothing-there' });
      expect(written).toConform();
      const upgrade = await unit.upgrade(pair.upgrade, { from: source, address: { omitPort: true } });
      if (reachedServer(written) && !wasRefused(upgrade))
        expect(`reaches the server: ${String(reachedServer(upgrade))}`).toBe('reaches the server: true');
      expect(upgrade).toConform();
      expect(upgrade).toEndAs('upgraded');
    },
  );
});

describe('limits of a local source', () => {
  const folders = { ufs: '/data/ufs/', sd: '/media/card/' } as const;
  for (const [source, folder] of Object.entries(folders) as ['ufs' | 'sd', string][]) {
    const longest = zip(128 - folder.length, `longest on ${source}`);
    check(`a path of 128 bytes on ${source} works`, { needs: [source], covers: ['DG-05', 'DG-09'] }, async () => {
      const upgrade = await unit.upgrade(pair.upgrade, { from: source, address: { name: longest } });
      expect(upgrade).toConform();
      expect(upgrade).toEndAs('upgraded');
    });
    check(`a path of 129 bytes on ${source} gets ERROR`, { needs: [source], covers: ['DG-05', 'DG-06'] }, async () => {
      // The file is there, so that nothing but its name's length can be refused.
      const name = zip(129 - folder.length, `too long on ${source}`);
      const upgrade = await unit.upgrade(pair.upgrade, { from: source, intent: 'beyond-limit', address: { name } });
      expect(upgrade).toConform();
      expect(upgrade).toEndAs('rejected');
    });
    check(`a file that is missing on ${source} gets ERROR`, { needs: [source], covers: ['DG-05', 'DG-06'] }, async () => {
      const target = `${folder}not-there.zip`;
      const upgrade = await unit.upgrade(pair.upgrade, { from: source, intent: 'no-such-file', address: { target } });
      expect(upgrade).toConform();
      expect(upgrade).toEndAs('rejected');
    });
  }
  for (const target of ['/data/ufs/../update.zip', '/etc/passwd', '/data/update.zip', '/data/ufs', 'update.zip']) {
    check(`${target} gets ERROR`, { needs: ['ufs'], covers: ['DG-05', 'DG-06'] }, async () => {
      const upgrade = await unit.upgrade(pair.upgrade, { from: 'ufs', intent: 'no-such-file', address: { target } });
      expect(upgrade).toConform();
      expect(upgrade).toEndAs('rejected');
    });
  }
});

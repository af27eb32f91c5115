import type { Behaviour } from '../behaviour.js';

function bad(name: string, summary: string, hooks: Omit<Behaviour, 'name' | 'summary' | 'owner' | 'harmless'>): Behaviour {
  return { name, summary, owner: 'firmware', ...hooks };
}

/** What shows in the long run: at the next restart, in the next upgrade, in what an upgrade leaves behind. */
export const AFTERWARDS: readonly Behaviour[] = [
  bad('reverts-at-restart', 'runs the old version again from the next restart on', {
    flagAtBoot: (sound, { warm, outcome }) => (sound === 'normal' && outcome === 'upgraded' && !warm ? 'restore' : sound),
  }),
  bad('flag-left-after-upgrade', 'goes into recovery at each restart after an upgrade', { clearsFlag: () => false }),
  bad('flag-left-after-rollback', 'begins an upgrade that was given up again at the next restart', {
    flagAtBoot: (sound, { warm, outcome }) => (sound === 'normal' && outcome === 'given-up' && !warm ? 'recovery' : sound),
    countAtBoot: (sound, warm, _starts, outcome) => (outcome === 'given-up' && !warm ? 0 : sound),
  }),
  bad('crash-loop', 'restarts every forty seconds, once it is upgraded', {
    restartsAfter: (sound, { upgraded }) => (upgraded ? 40 : sound),
  }),
  bad('first-attempt-fails', 'the first attempt of each upgrade fails, the second works', {
    attemptEnd: (sound, starts) => (starts === 1 ? 504 : sound),
  }),
  bad('recovery-crashes', 'recovery crashes once in each upgrade, and goes on', {
    crashes: (sound, percent, starts) => sound || (starts === 1 && percent === 50),
  }),
  bad('end-contradicts', 'reports a failure and success for one attempt', {
    reports: (sound) =>
      sound.flatMap((report) =>
        report.kind === 'END' && report.err === 0 ? [{ kind: 'END', err: 504 } as const, report] : [report],
      ),
  }),
  bad('package-kept-for-good', 'each upgrade takes the room of a package for good', {
    afterUpgrade: (_nv, files) => files.takeRoom(200_000),
  }),
  bad('part-kept-for-good', 'each failed download takes the room of what had come for good', {
    afterFailedDownload: (_nv, files) => files.takeRoom(160_000),
  }),
  bad('rollback-wipes-ufs', 'deletes the files in UFS when it gives an upgrade up', {
    afterGivingUp: (_nv, files) => files.wipe(),
  }),
  bad('failed-download-wipes-ufs', 'deletes the files in UFS when a download has failed', {
    afterFailedDownload: (_nv, files) => files.wipe(),
  }),
  bad('recovery-start-slow', 'takes four more minutes to start its recovery', {
    loaderSeconds: (sound, { flag, starts }) => (flag === 'recovery' && starts === 0 ? sound + 240 : sound),
  }),
  bad('boot-slow-after-cut', 'takes four more minutes to start after a cut', {
    loaderSeconds: (sound, { warm, starts }) => (!warm && starts > 0 ? sound + 240 : sound),
  }),
  {
    ...bad('usb-gone-after-upgrade', 'its USB does not come up any more after an upgrade', {
      usbUp: (sound, upgraded) => sound && !upgraded,
    }),
    // Its plug, the cable or the host may be at fault as well, and no suite can tell.
    owner: 'rig',
  },
  bad('at-dead-after-upgrade', 'its AT port over USB gives nothing any more after an upgrade', {
    wiringInNormal: (sound, port, upgraded) => (port === 'at' && upgraded ? 'mute' : sound),
  }),
  bad('failed-download-crashes', 'restarts in place of reporting that a download has failed', {
    reportsDownloadEnd: (sound, code) => sound && code === 0,
    rebootsAfterFailedDownload: () => true,
  }),
  bad('refused-file-requested', 'answers ERROR to a local file, and asks a server for it all the same', {
    requestsAfterRefusal: () => true,
  }),
  bad('longer-path-accepted', 'takes paths that lead out of UFS and the card again', {
    limits: (sound) => ({ ...sound, longerPaths: true }),
  }),
  bad('apn-type-lost', 'the context of the APN is of another type after an upgrade', {
    afterUpgrade: (nv) => {
      nv.apnType = 2;
    },
  }),
  bad('gmr-old', 'AT+GMR and AT+CGMR name the old version after an upgrade', {
    shownGmr: (sound, upgraded) => (upgraded ? sound.replace(/A13M/, 'A12M') : sound),
  }),
  bad('room-made', 'deletes the files in UFS for a package that has no room', { makesRoom: () => true }),
  bad('count-kept-after-success', 'a new upgrade starts from the retry counter of the last one that worked', {
    firstCount: (_sound, previous) => (previous < 5 ? previous : 0),
  }),
  bad('download-tried-once', 'tries a downloaded package once, a local one as often as it must', {
    maxAttempts: (sound, source) => (source === 'download' ? 1 : sound),
  }),
];

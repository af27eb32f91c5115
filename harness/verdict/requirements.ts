/** What a module must do, in the words of this project. `G` is the vendor's DFOTA guide for EC25/EC21, with its chapter; `D` is derived. */
export interface Requirement {
  readonly id: string;
  readonly text: string;
  readonly source: string;
}

const table: readonly (readonly [id: string, source: string, text: string])[] = [
  ['DG-01', 'G 2.1', 'ATI names the running version, and the package is made for it'],
  ['DG-02', 'G 3', 'AT+QFOTADL=? answers OK'],
  ['DG-03', 'G 3.1', 'An FTP source within its limits is accepted, one past any of them gets ERROR'],
  ['DG-04', 'G 3.2', 'An HTTP source within its limits is accepted, one past any of them gets ERROR'],
  ['DG-05', 'G 3.3', 'A local file of up to 128 bytes of path on UFS or SD is accepted, anything else gets ERROR'],
  ['DG-06', 'G 3.1–3.3', 'After an ERROR nothing happens'],
  ['DG-07', 'G 3.1', 'FTP: OK, FTPSTART, FTPEND,0, START, UPDATING, END,0 in that order'],
  ['DG-08', 'G 3.2', 'HTTP: OK, HTTPSTART, HTTPEND,0, START, UPDATING, END,0 in that order'],
  ['DG-09', 'G 3.3', 'Local: OK, START, UPDATING, END,0 without a download or a request'],
  ['DG-10', 'G 2.2, 3.1, 3.2', 'The named file is fetched whole, from the named server, with the given credentials'],
  ['DG-11', 'G 3, 3.1', 'After the download the module reboots into recovery by itself; USB leaves and comes back'],
  ['DG-12', 'G 3.1', 'Percentages are 0 to 100, never fall within an attempt, and reach the end before END,0'],
  ['DG-13', 'G 3', 'After END,0 normal mode follows, on the new version'],
  ['DG-14', 'G 1', 'It also upgrades back to the old version'],
  ['DG-15', 'G 3, 4, 5', 'A failed upgrade is retried five times in a row, by itself, and no more'],
  ['DG-16', 'G 4', 'An FTP failure ends in FTPEND with 6xx: no reboot, old version, module answers'],
  ['DG-17', 'G 5', 'An HTTP failure ends in HTTPEND with 7xx: no reboot, old version, module answers'],
  ['DG-18', 'G 4, 5', 'A package that fails its check is reported as 505, retried, and never applied'],
  ['DG-19', 'G 4, 5', 'An upgrade that fails in the making is reported as 504 or 5xx, retried, and leaves a working module'],
  ['DG-20', 'G 3', 'Power lost in the recovery: comes back by itself and ends on the new version within its retries'],
  ['DG-21', 'G 2.1', 'A package for another base is refused'],
  ['DH-01', 'D', 'Power lost in the download: old version, normal mode, and the next upgrade works'],
  ['DH-02', 'D', 'Power lost between download and START or between END,0 and normal mode: ends on the new version'],
  ['DH-03', 'D', 'IMEI, ICCID, SIM state, registration, APN and CFUN stay'],
  ['DH-04', 'D', 'Files on UFS and SD stay'],
  ['DH-05', 'D', 'After the last retry: normal mode, old version, and the module can be upgraded again'],
  ['DH-06', 'D', 'The retry count starts afresh with each upgrade'],
  ['DH-07', 'D', 'Never a dump or emergency-download device, never CFUN 5'],
  ['DH-08', 'D', "Boot, download and upgrade stay within the rig's limits"],
  ['DH-09', 'D', 'A disturbed network never leads to a wrong version'],
];

export const requirements: readonly Requirement[] = table.map(([id, source, text]) => ({ id, source, text }));

/** What no single upgrade shows, and where it is tested. */
export const testedElsewhere: Readonly<Record<string, string>> = {
  'DG-02': 'suite identity, with a command of its own',
};

export function requirementText(id: string): string {
  return requirements.find((requirement) => requirement.id === id)?.text ?? '';
}

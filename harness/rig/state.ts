import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where leases and simulated units live between runs: `DFOTA_STATE`, else `~/.cache/dfota`. */
export function stateDir(environment: NodeJS.ProcessEnv = process.env): string {
  const given = environment['DFOTA_STATE'];
  return given === undefined || given === '' ? join(homedir(), '.cache', 'dfota') : given;
}

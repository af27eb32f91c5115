/** What a pair of packages must have shown before it is called qualified. docs/qualification.md explains each key. */
import { z } from 'zod';
import { sources } from '../journal/events.js';
import { duration, text } from './values.js';

/** All requirements that there are (docs/verdicts.md); a test keeps them those of the rules. */
export const requirementIds = [
  ...['DG-01', 'DG-02', 'DG-03', 'DG-04', 'DG-05', 'DG-06', 'DG-07', 'DG-08', 'DG-09', 'DG-10', 'DG-11'],
  ...['DG-12', 'DG-13', 'DG-14', 'DG-15', 'DG-16', 'DG-17', 'DG-18', 'DG-19', 'DG-20', 'DG-21'],
  ...['DH-01', 'DH-02', 'DH-03', 'DH-04', 'DH-05', 'DH-06', 'DH-07', 'DH-08', 'DH-09'],
] as const satisfies readonly string[];

export type RequirementId = (typeof requirementIds)[number];

const requirement = z.enum(requirementIds);

/** Valid cuts; more is beyond a lifetime. */
const count = z.int().min(0).max(1_000_000);

/** As the ledger counts them. */
const phase = {
  download: count.default(0).describe('Least valid cuts while the package is fetched'),
  reboot: count.default(0).describe('Least valid cuts between the download and START'),
  start: count.default(0).describe('Least valid cuts within a second of START'),
  updating: count.default(0).describe('Least valid cuts in the flashing'),
  end: count.default(0).describe('Least valid cuts at END; one source gives one on each rig'),
  'after-end': count.default(0).describe('Least valid cuts between END and normal mode'),
};

const cuts = z
  .strictObject({
    phases: z
      .strictObject(phase)
      .prefault({})
      .describe('Least valid cuts of the upgrade package in each phase; 0 where none is named'),
    failureRate: z
      .strictObject({
        below: z.number().gt(0).lt(1).describe('The failure rate must be known to be below this, 0.02 for 2 %'),
        confidence: z.number().min(0.5).max(0.9999).default(0.95).describe('With this confidence'),
      })
      .optional()
      .describe('What all valid cuts together must prove'),
    earlier: z
      .boolean()
      .default(false)
      .describe('Valid cuts of earlier runs in the ledger, of the same package from the same revision, count as well'),
  })
  .describe('Power cuts; without this key none is asked for');

const unique = <T>(list: readonly T[]): boolean => new Set(list).size === list.length;

export const criteriaDefinition = z
  .strictObject({
    $schema: z.string().optional().describe('JSON Schema of this file, for editors'),
    name: z.string().min(1).max(80).describe('What the certificate calls the criteria'),
    requirements: z
      .strictObject({
        cover: z
          .union([z.literal('all'), z.array(requirement).min(1)])
          .describe('Requirements that must have been put to the test and kept: all, or a list of ids'),
        except: z
          .partialRecord(requirement, z.string().trim().min(1))
          .default({})
          .describe('Requirements that need not be covered, each with its reason; the certificate shows it'),
      })
      .describe('Which requirements must be covered'),
    sources: z
      .array(z.enum(sources))
      .min(1)
      .refine(unique, 'the same source twice')
      .describe('Ways over each of which a sound upgrade and a sound downgrade must have been seen'),
    units: z.int().min(1).max(1000).default(1).describe('Least number of units with a sound upgrade and downgrade'),
    cuts: cuts.optional(),
    suites: z
      .array(text(/^[a-z][a-z-]*$/, 'the name of a suite, for example limits'))
      .refine(unique, 'the same suite twice')
      .default([])
      .describe('Suites to run beside those that the requirements need'),
    within: duration.optional().describe('Most time that the qualification may take; one that would take longer is not begun'),
  })
  .meta({ title: 'Criteria', description: 'What a pair of packages must have shown to be qualified' });

export type Criteria = z.output<typeof criteriaDefinition>;

/** Those that must be covered, in their order. */
export function requiredBy({ requirements: { cover, except } }: Criteria): readonly RequirementId[] {
  const wanted: readonly string[] = cover === 'all' ? requirementIds : cover;
  return requirementIds.filter((id) => wanted.includes(id) && except[id] === undefined);
}

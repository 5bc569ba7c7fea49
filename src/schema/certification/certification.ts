import { Field, Float, Int, ObjectType } from 'type-graphql';
import { GraphQLJSONObject } from 'graphql-scalars';
import { certificationFindings } from '../../results/findings/registry.js';
import { engineOf } from '../../storage/json.js';
import { ABSTAINED, type Certificates, type CertificationMethod, normOf } from '../../compute/evaluation/index.js';
import type { Certification as FullRow } from '../../storage/generated/client.js';
import { connectionOf } from '../relay/connection.js';
import { creationOrder } from '../relay/order.js';
import { Norm } from '../attack/norm.js';
import { CertificationMethodName } from './certification-method.js';
import { Judging } from '../attack/judging.js';
import { Finding } from '../evaluation/finding.js';
import { Proportion } from '../statistics/proportion.js';
import { RequestedNode } from '../relay/requested-node.js';
import { Column } from '../column.js';

export type CertificationRow = Omit<FullRow, 'certificates'>;

@ObjectType({ description: 'Share of the examples that no change of this length makes wrong.' })
export class CertifiedAccuracy {
  @Field(() => Float, { description: 'Length of the change in the norm of the method, pixels being fractions of their range.' })
  radius!: number;

  @Field(() => Proportion, {
    description: 'Examples whose certified class is right for all images that are no further away, of those that `judging` says.',
  })
  accuracy!: Proportion;

  @Field(() => Proportion, { description: 'The same for images of 8 bits: their distances are roots of whole numbers of levels.' })
  stored!: Proportion;

  @Field(() => Proportion, { description: 'The same for images of floats, as papers report it.' })
  float!: Proportion;
}

@ObjectType({ description: 'What is certified of one example.' })
export class Certificate {
  /** @param position in the certification, from 0. @param offset of the certification in the data set. */
  constructor(
    private readonly certificates: Certificates,
    private readonly position: number,
    private readonly offset: number,
  ) {}

  @Field(() => Int, { description: 'Position in the data set, from 0.' })
  get index(): number {
    return this.offset + this.position;
  }

  @Field(() => Int, { description: 'True class.' })
  get label(): number {
    return this.certificates.labels[this.position]!;
  }

  @Field(() => Int, {
    nullable: true,
    description: 'Class of the smoothed classifier, or of the network itself by bounds; null where the algorithm abstained.',
  })
  get prediction(): number | null {
    const prediction = this.certificates.predictions[this.position]!;
    return prediction === ABSTAINED ? null : prediction;
  }

  @Field(() => Float, { description: 'Radius within which that class holds, in the norm of the method; 0 where the algorithm abstained.' })
  get radius(): number {
    return this.certificates.radii[this.position]!;
  }

  @Field(() => Int, { description: 'Of the noisy copies that estimate, those that were given the class chosen.' })
  get agreeing(): number {
    return this.certificates.agreeing[this.position]!;
  }

  @Field(() => Int, {
    nullable: true,
    description: 'Noisy copies that estimated it; null without noise, and where it was not kept: then n.',
  })
  get samples(): number | null {
    return this.certificates.samples[this.position]! || null;
  }
}

export const CertificateConnection = connectionOf('Certificate', Certificate);
export type CertificateConnection = InstanceType<typeof CertificateConnection>;

@ObjectType({
  implements: RequestedNode,
  description:
    'Robustness of a smoothed model, proven by randomized smoothing (Cohen, Rosenfeld, Kolter 2019): the class that the model gives most often to an image with normal noise holds within a radius, whatever the attack. Result fields are null until the job has succeeded.',
})
export class Certification extends RequestedNode {
  constructor(readonly row: CertificationRow) {
    super('Certification', row.id);
  }

  @Column(() => CertificationMethodName, { description: 'How it was certified.' })
  readonly method!: CertificationMethod;

  @Field(() => Norm, { description: 'Norm of the radii.' })
  get norm(): Norm {
    return normOf(this.row.method);
  }

  @Column(() => [Float], { description: 'Radii at which the copies of an example ended early; empty: n copies of each.' })
  readonly stopRadii!: number[];

  @Column(() => Float, { description: 'σ of the noise, as a fraction of the pixel range; 0 by bounds.' })
  readonly sigma!: number;

  @Column(() => Int, { description: 'n₀: noisy copies of each image that chose its class.' })
  readonly selectionSamples!: number;

  @Column(() => Int, { description: 'n: noisy copies that estimated how likely it is.' })
  readonly estimationSamples!: number;

  @Column(() => Float, { description: 'α: probability that the certificate of an example is wrong.' })
  readonly alpha!: number;

  @Column(() => Judging, { description: 'Which images `certifiedAccuracy` is about. Certificates are of floats, and hold for both.' })
  readonly judging!: Judging;

  @Column(() => Int, { description: 'Number of examples.' })
  readonly sampleCount!: number;

  @Column(() => Int, { description: 'Position of the first example in the data set.' })
  readonly offset!: number;

  @Column(() => Int, { description: 'Seed of the noise.' })
  readonly seed!: number;

  @Field(() => [Finding], { description: 'Findings of the automatic checks; empty where there are none.' })
  get findings(): Finding[] {
    return certificationFindings(this.row);
  }

  @Field(() => String, { nullable: true, description: 'Engine that computed it, in one line.' })
  get engine(): string | null {
    return engineOf(this.row)?.label ?? null;
  }

  @Field(() => GraphQLJSONObject, { nullable: true, description: 'Versions of the packages that computed it.' })
  get engineVersions(): unknown {
    return engineOf(this.row)?.versions;
  }
}

export const CertificationConnection = connectionOf('Certification', Certification);
export type CertificationConnection = InstanceType<typeof CertificationConnection>;

export const CertificationOrder = creationOrder('Certification', 'certifications');
export type CertificationOrder = InstanceType<typeof CertificationOrder>;

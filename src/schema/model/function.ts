import { Field, Float, InputType, Int, ObjectType } from 'type-graphql';
import type { Endpoint as StoredEndpoint } from '../../compute/models/index.js';
import { ImageLayout, OutputKind } from './enums.js';

const BATCH = 'Most images in a message, 1 to 1024.';
const TIMEOUT = 'Seconds that the function may take for a message, once it has answered the one before, 0.1 to 600.';

@InputType({
  description:
    'A function on the machine of the client, which it connects by a WebSocket at `/models/<id>/function`. The server sends images as `spec` says that the network takes them.',
})
export class FunctionInput {
  @Field(() => OutputKind, { description: 'What the function returns. With LABELS, only attacks that need decisions work.' })
  answers!: OutputKind;

  @Field(() => ImageLayout, { defaultValue: ImageLayout.CHANNELS_LAST, description: 'Order of the axes of an image.' })
  layout!: ImageLayout;

  @Field(() => Int, { defaultValue: 64, description: BATCH })
  batchSize!: number;

  @Field(() => Float, { defaultValue: 300, description: TIMEOUT })
  timeoutSeconds!: number;
}

@ObjectType('Function', { description: 'A function on the machine of a client. It can be evaluated while the client is connected.' })
export class LocalFunction {
  constructor(private readonly endpoint: StoredEndpoint) {}

  @Field(() => OutputKind, { description: 'What the function returns.' })
  get answers(): OutputKind {
    return this.endpoint.answers;
  }

  @Field(() => ImageLayout, { description: 'Order of the axes of an image.' })
  get layout(): StoredEndpoint['layout'] {
    return this.endpoint.layout;
  }

  @Field(() => Int, { description: BATCH })
  get batchSize(): number {
    return this.endpoint.batchSize;
  }

  @Field(() => Float, { description: TIMEOUT })
  get timeoutSeconds(): number {
    return this.endpoint.timeoutSeconds;
  }
}

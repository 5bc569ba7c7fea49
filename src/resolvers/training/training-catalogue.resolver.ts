import { Query, Resolver } from 'type-graphql';
import { architectures } from '../../compute/models/index.js';
import { optimizers, schedules, schemes } from '../../compute/training/index.js';
import { Architecture, Optimizer, Schedule, TrainingScheme } from '../../schema/training/catalogue.js';

@Resolver()
export class TrainingCatalogueResolver {
  @Query(() => [TrainingScheme], { description: 'The schemes that this server can train by, with their parameters.' })
  trainingSchemes(): TrainingScheme[] {
    return schemes.map((definition) => new TrainingScheme(definition));
  }

  @Query(() => [Optimizer], { description: 'The optimizers that this server can train with, with their parameters.' })
  optimizers(): Optimizer[] {
    return optimizers.map((definition) => new Optimizer(definition));
  }

  @Query(() => [Schedule], { description: 'The schedules of the learning rate, with their parameters.' })
  schedules(): Schedule[] {
    return schedules.map((definition) => new Schedule(definition));
  }

  @Query(() => [Architecture], { description: 'The built-in architectures.' })
  architectures(): Architecture[] {
    return architectures.map((architecture) => new Architecture(architecture));
  }
}

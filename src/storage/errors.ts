/** Database errors that callers expect. @module */
import { Prisma } from './generated/client.js';

const code = (error: unknown) => (error instanceof Prisma.PrismaClientKnownRequestError ? error.code : undefined);

export const isUniqueViolation = (error: unknown) => code(error) === 'P2002';

/** What a row refers to is not there, or not any more. */
export const isForeignKeyViolation = (error: unknown) => code(error) === 'P2003';

/** Two transactions wait for each other, and this one was ended. */
export const isConflict = (error: unknown) => code(error) === 'P2034';

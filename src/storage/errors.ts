/** Database errors that callers expect. @module */
import { Prisma } from './generated/client.js';

const code = (error: unknown) => (error instanceof Prisma.PrismaClientKnownRequestError ? error.code : undefined);

export const isUniqueViolation = (error: unknown) => code(error) === 'P2002';

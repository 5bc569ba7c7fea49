/** `GET /studies/:id.csv`, `.json` and `.html`: the report of a study. @module */
import { Router, type Request, type Response } from 'express';
import { visibleClient } from '../services/access/visibility.js';
import type { DatabaseClient } from '../storage/database.js';
import type { Study } from '../storage/generated/client.js';
import { reportOf, settingsOf } from '../storage/json.js';
import { eitherRowId } from '../storage/global-id.js';
import { recipes } from '../studies/recipes/registry.js';
import { reportCsv } from '../studies/report/csv.js';
import { reportHtml } from '../studies/report/html.js';
import type { Report } from '../studies/types.js';
import { principalOf, route } from './admission.js';
import { HttpError } from './errors.js';

type Write = (study: Study, report: Report) => string | Promise<string>;

const FORMATS: Readonly<Record<string, { readonly type: string; readonly write: Write }>> = {
  csv: { type: 'text/csv; charset=utf-8', write: (_study, report) => reportCsv(report) },
  json: {
    type: 'application/json',
    write: ({ recipe, version, settings, createdAt, finishedAt }, report) =>
      JSON.stringify({ recipe, version, settings, createdAt, finishedAt, ...report }),
  },
  html: {
    type: 'text/html; charset=utf-8',
    write: (study, report) => {
      const { recipe } = study;
      const { name, title, claim } = recipes.find((known) => known.name === recipe) ?? { name: recipe, title: 'study', claim: '' };
      return reportHtml({ name, title, claim }, settingsOf(study), report);
    },
  },
};

export function studyRoutes({ prisma }: { readonly prisma: DatabaseClient }): Router {
  const router = Router();

  route(router, 'GET /studies/:id.:format', async (request: Request<{ id: string; format: string }>, response: Response) => {
    const { format } = request.params;
    const id = eitherRowId(request.params.id, 'Study');
    const study = id ? await visibleClient(prisma, principalOf(response)).study.findUnique({ where: { id } }) : null;
    const report = study && reportOf(study);
    const as = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
    if (!report || !as) {
      throw new HttpError(
        404,
        'NOT_FOUND',
        `There is no report of this study as .${format}. Reports are there as .csv, .json and .html once the study has succeeded.`,
      );
    }
    const body = await as.write(study, report);
    // The page has no scripts and loads nothing; a browser need not take our word for it.
    response.set({ 'Content-Type': as.type, 'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'" }).send(body);
  });
  return router;
}

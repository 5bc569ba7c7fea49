import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** The server sends files packed, and packs none itself. */
const packed: Plugin = {
  name: 'packed',
  apply: 'build',
  writeBundle({ dir }) {
    const assets = join(dir!, 'assets');
    for (const name of readdirSync(assets)) {
      if (!/\.(js|css|svg|json|ttf)$/.test(name)) continue;
      writeFileSync(join(assets, `${name}.gz`), gzipSync(readFileSync(join(assets, name)), { level: 9 }));
    }
  },
};

export default defineConfig({
  logLevel: 'warn',
  plugins: [react(), packed],
  // The server replaces it in each answer.
  html: { cspNonce: 'NONCE_OF_THIS_ANSWER' },
  build: {
    target: 'es2022',
    // Nothing is inlined as data that a policy would have to allow.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      input: ['index.html', 'explorer.html'],
      // Hints to React's compiler in packages that it has already compiled.
      onLog(level, log, handler) {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handler(level, log);
      },
    },
  },
  server: {
    // `npm run dev` here beside a running server.
    proxy: Object.fromEntries(
      ['/graphql', '/session', '/uploads', '/artifacts', '^/datasets/.*\\.png$', '^/evaluations.*\\.(csv|json|parquet)$'].map((path) => [
        path,
        { target: 'http://127.0.0.1:4000', ws: path === '/graphql' },
      ]),
    ),
  },
});

#!/usr/bin/env node
process.setSourceMapsEnabled(true);
await import('../dist/src/token.js');

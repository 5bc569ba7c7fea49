/** To be imported before all else: without a NODE_ENV, GraphQL checks each value of an answer as for a developer, which makes large ones slower. @module */
process.env.NODE_ENV ??= 'production';

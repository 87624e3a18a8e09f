/*
 * stdalign.h - no alignment: Relacy allocates without it, and has no caches.
 */
#define alignas(bytes)

/**
 * standard.h - descriptors 0, 1 and 2 are nobody else's.
 */
#ifndef STANDARD_H
#define STANDARD_H

/**
 * standard_open():
 * Put something in the place of each standard descriptor that the process was
 * started without, so that no socket or pipe gets its number and what is
 * meant for people goes into it. Reading the input and writing the output
 * fail as before (EBADF); what is written to the errors is lost. Return 0, or
 * -1 with errno set if that cannot be had. Thread: main, before anything else
 * is opened.
 */
int standard_open(void);

#endif /* STANDARD_H */

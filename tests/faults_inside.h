/**
 * faults_inside.h - what the two halves of faults share.
 */
#ifndef FAULTS_INSIDE_H
#define FAULTS_INSIDE_H

#include "faults.h"

/**
 * faults_meets(call, site):
 * Return what goes wrong with a call from that place now, or 0; always 0 for
 * FAULTS_CALLS. Thread: any.
 */
int faults_meets(enum faults_call call, const void *site);

#endif /* FAULTS_INSIDE_H */

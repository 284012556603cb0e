/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROPERTY_MUTATION_H
#define PROPERTY_MUTATION_H 1

/* Ways to break what is around the engine, or what the engine says, so that
 * an invariant has to notice.  A test that cannot fail proves nothing. */

/* Name, family that it shows in, what is broken. */
#define MUTATIONS                                                           \
    MUTATION(NONE, "none", "plain", "nothing")                              \
    MUTATION(REVERT_LOST, "revert-lost", "plain",                           \
             "a revert says yes and does nothing")                          \
    MUTATION(APPLY_LOST, "apply-lost", "plain",                             \
             "an apply says yes and does nothing")                          \
    MUTATION(VERIFY_BLIND, "verify-blind", "strangers",                     \
             "a verification never sees a difference")                      \
    MUTATION(MARK_BLIND, "mark-blind", "strangers",                         \
             "a revert deletes what others made")                           \
    MUTATION(RECAPTURE, "recapture", "strangers",                           \
             "a repair captures the original again")                        \
    MUTATION(SHARED_EARLY, "shared-early", "plain",                         \
             "a shared thing is taken back with its first holder")          \
    MUTATION(COMMIT_LOST, "commit-lost", "crashes",                         \
             "the journal says durable and is not")                         \
    MUTATION(COMMIT_TORN, "commit-torn", "crashes",                         \
             "a crash leaves half a commit")                                \
    MUTATION(COMMIT_EARLY, "commit-early", "plain",                         \
             "steps go on before the journal is durable")                   \
    MUTATION(CLAIM_BEHIND, "claim-behind", "plain",                         \
             "the planner gives a device that it does not claim")           \
    MUTATION(PLAN_UNSTEADY, "plan-unsteady", "plain",                       \
             "the same binding gives another plan each time")               \
    MUTATION(REF_DROPPED, "ref-dropped", "plain",                           \
             "a late argument gets lost")                                   \
    MUTATION(LANE_LOST, "lane-lost", "plain",                               \
             "an operation is not put into its lane")                       \
    MUTATION(ANSWER_TWICE, "answer-twice", "plain",                         \
             "a request is answered twice")                                 \
    MUTATION(ANSWER_NEVER, "answer-never", "plain",                         \
             "a request is not answered")                                   \
    MUTATION(ANSWER_LIES, "answer-lies", "faults",                          \
             "a failure is reported as done")                               \
    MUTATION(CLOCK_SLOW, "clock-slow", "deadlines",                         \
             "the engine's clock is slow")                                  \
    MUTATION(WAKE_LOST, "wake-lost", "faults",                              \
             "the engine's timers do not wake it")                          \
    MUTATION(TASK_LOST, "task-lost", "faults",                              \
             "an operation never comes back")                               \
    MUTATION(RECOVER_SKIPPED, "recover-skipped", "crashes",                 \
             "a record is not read after a crash")

enum mutation {
#define MUTATION(ENUM, NAME, FAMILY, WHAT) MUT_##ENUM,
    MUTATIONS
#undef MUTATION
    N_MUTATIONS
};

struct mutation_class {
    const char *name, *family, *what;
};
extern const struct mutation_class mutations[N_MUTATIONS];

#endif /* mutation.h */

/*
 * place.c
 *	  The places of the tellers' queue, in shared memory.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/shmem.h"

#include "base/counter.h"
#include "teller/place.h"

SbQueue *sb_queue = NULL;

static Size states_size(void);

static Size
states_size(void)
{
	return MAXALIGN(
		add_size(offsetof(SbQueue, states), mul_size(sizeof(pg_atomic_uint32), sb_queue_size)));
}

Size
sb_queue_memory(void)
{
	return add_size(states_size(), mul_size(sizeof(SbPlace), sb_queue_size));
}

void
sb_queue_set_up(void)
{
	bool found;

	sb_queue = ShmemInitStruct("simplebank queue", sb_queue_memory(), &found);
	if (found)
		return;
	sb_queue->places = (SbPlace *) ((char *) sb_queue + states_size());
	pg_atomic_init_u32(&sb_queue->used, 0);
	for (int i = 0; i < SB_MAX_TELLERS; i++)
	{
		pg_atomic_init_u32(&sb_queue->tellers[i].owner, 0);
		pg_atomic_init_u32(&sb_queue->tellers[i].is_open, 0);
	}
	for (int i = 0; i < sb_queue_size; i++)
		pg_atomic_init_u32(&sb_queue->states[i], SB_PLACE_FREE);
}

/*
 * How many tellers of this database are open, and how many places are in use
 * if it has some.
 */
void
sb_queue_state(int *tellers, int *used)
{
	sb_counters_require();
	*tellers = 0;
	for (int i = 0; i < sb_tellers; i++)
	{
		if (sb_queue->tellers[i].database == MyDatabaseId)
			*tellers += pg_atomic_read_u32(&sb_queue->tellers[i].is_open);
	}
	*used = *tellers > 0 ? pg_atomic_read_u32(&sb_queue->used) : 0;
}

const void *
sb_place_text(const SbPlace *place, int number)
{
	return place->text_offsets[number] < 0 ? NULL : place->texts.data + place->text_offsets[number];
}

/* Of whoever has it: also on its way out, so it must not raise. */
void
sb_place_free(int place)
{
	pg_atomic_fetch_sub_u32(&sb_queue->used, 1);
	(void) pg_atomic_exchange_u32(&sb_queue->states[place], SB_PLACE_FREE);
}

/* A full memory barrier, whether it succeeds or not. */
bool
sb_place_change(int place, uint32 from, uint32 to)
{
	return pg_atomic_compare_exchange_u32(&sb_queue->states[place], &from, to);
}

/*
 * name.h
 *	  Names of the values of an enum, as columns have them.
 */
#ifndef SB_MODEL_NAME_H
#define SB_MODEL_NAME_H

/* Finds the index of a name; false where there is none such. */
static inline bool
sb_find_name(const char *const *names, int count, const char *name, int *found)
{
	for (*found = 0; *found < count; (*found)++)
	{
		if (strcmp(name, names[*found]) == 0)
			return true;
	}
	return false;
}

#endif /* SB_MODEL_NAME_H */

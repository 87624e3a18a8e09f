/*
 * stdatomic.h - C11 atomics as Relacy knows them, for the sources as they are.
 *
 * Relacy's names of the orders are macros for two arguments, the order and
 * the place in the source, which these functions take.
 */
#ifndef SHIM_STDATOMIC_H
#define SHIM_STDATOMIC_H

#define _Atomic(type) rl::atomic<type>

/* The type as it is, without taking part in the deduction. */
template <typename T> struct shim_same { typedef T type; };

template <typename T>
T
atomic_load_explicit(rl::atomic<T> *place, rl::memory_order order,
    rl::debug_info_param info)
{

	return (place->load(order, info));
}

template <typename T>
bool
atomic_compare_exchange_weak_explicit(rl::atomic<T> *place, T *expected,
    typename shim_same<T>::type wanted, rl::memory_order success,
    rl::debug_info_param info, rl::memory_order failure,
    rl::debug_info_param info2)
{

	return (place->compare_exchange_weak(*expected, wanted, success, info,
	    failure, info2));
}

template <typename T>
T
atomic_exchange_explicit(rl::atomic<T> *place,
    typename shim_same<T>::type value, rl::memory_order order,
    rl::debug_info_param info)
{

	return (place->exchange(value, order, info));
}

template <typename T>
void
atomic_store_explicit(rl::atomic<T> *place,
    typename shim_same<T>::type value, rl::memory_order order,
    rl::debug_info_param info)
{

	place->store(value, order, info);
}

#endif /* SHIM_STDATOMIC_H */

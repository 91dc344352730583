/* The library that a fixture needs and that nobody finds. */
void absent(void);
void absent(void)
{
}

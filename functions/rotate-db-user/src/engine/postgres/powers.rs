//! The powers of a role that Signalbox must not clone or hand out.
//!
//! Counted are those of every role that it can become by SET ROLE, whether it inherits from them or not.
//! What reads or writes all tables (`pg_read_all_data`, `pg_write_all_data`) or shows statistics gives no power over the server or
//! over other roles, and is not counted: <https://www.postgresql.org/docs/current/predefined-roles.html>.
//! RDS's own roles: <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.html>.

use tokio_postgres::GenericClient;
use tokio_postgres::types::Type;

use super::explain::explain;
use crate::engine::error::Error;

const ASKED: &str = "WITH RECURSIVE reached (oid) AS ( \
        SELECT oid FROM pg_catalog.pg_roles WHERE rolname::text = $1 \
        UNION SELECT roleid FROM pg_catalog.pg_auth_members JOIN reached ON member = reached.oid) \
    SELECT power || CASE rolname::text WHEN $1 THEN '' ELSE ' by way of ' || rolname::text END \
    FROM reached JOIN pg_catalog.pg_roles USING (oid), LATERAL (VALUES \
        ('SUPERUSER', rolsuper), ('CREATEROLE', rolcreaterole), ('REPLICATION', rolreplication), ('BYPASSRLS', rolbypassrls), \
        ('membership', rolname IN ('rds_superuser', 'rds_replication', 'pg_read_server_files', 'pg_write_server_files', \
            'pg_execute_server_program'))) its (power, has) \
    WHERE has ORDER BY 1";

/// The powers of a role, in words; none of an ordinary role, and none of one that is not there.
pub(super) async fn powers_of(client: &impl GenericClient, user: &str) -> Result<Vec<String>, Error> {
    let rows = client.query_typed(ASKED, &[(&user, Type::TEXT)]).await.map_err(|error| explain(&error))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
